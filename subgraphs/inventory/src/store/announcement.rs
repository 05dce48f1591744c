//! Telling others how many units are free, in the transaction that changes it.

use kit::message::Message;
use kit::{Result, Txn};
use serde::Serialize;

use super::level::Move;
use crate::stock::{FreeUnits, Level, Share, scarce_after};

const EVENTS: &str = "inventory.events";
const KIND: &str = "stock.changed.v1";
/// How many variants one message tells of.
const VARIANTS_PER_MESSAGE: usize = 300;

#[derive(Serialize)]
struct StockChanged<'a> {
    levels: &'a [FreeUnits],
}

/// Tells of a move of these shares, if little was free before it or is now. `levels` are those from before.
pub(super) async fn tell(txn: &Txn, levels: &[Level], what: Move, shares: &[Share]) -> Result<()> {
    tell_all(txn, &scarce_after(levels, shares, what.sign())).await
}

/// Tells of all these. One version of a variant is told under one id, however often it is sent.
pub(super) async fn tell_all(txn: &Txn, free: &[FreeUnits]) -> Result<()> {
    for levels in free.chunks(VARIANTS_PER_MESSAGE) {
        let told: Vec<String> = levels.iter().map(|one| format!("{}@{}", one.variant_id, one.version)).collect();
        let parts: Vec<&str> = std::iter::once(KIND).chain(told.iter().map(String::as_str)).collect();
        let about = levels[0].variant_id.as_str();
        let message = Message::new(KIND, about, &StockChanged { levels })?.with_derived_id(&parts);
        txn.send(EVENTS, &message).await?;
    }
    Ok(())
}

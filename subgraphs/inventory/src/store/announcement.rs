//! Telling others how many units are free, in the transaction that changes it.

use kit::messaging::Message;
use kit::{Result, Txn};
use serde::Serialize;

use crate::stock::FreeUnits;

const EVENTS: &str = "inventory.events";
const KIND: &str = "stock.changed.v1";
/// How many variants one message tells of.
const VARIANTS_PER_MESSAGE: usize = 300;

#[derive(Serialize)]
struct StockChanged<'a> {
    levels: &'a [FreeUnits],
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

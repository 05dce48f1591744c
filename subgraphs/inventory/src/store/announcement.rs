//! Sends how many units are free, in the transaction that changes it.

use contracts::stock::{FreeUnits, StockChanged, StockEvent};
use contracts::{Family, encode_once, stream};
use kit::{Result, Txn};

/// How many variants one message holds.
const VARIANTS_PER_MESSAGE: usize = 300;

/// Sends these levels. A version of a variant has one message id, however often it is sent.
pub(super) async fn tell_all(txn: &Txn, free: &[FreeUnits]) -> Result<()> {
    for levels in free.chunks(VARIANTS_PER_MESSAGE) {
        let told: Vec<String> = levels.iter().map(|one| format!("{}@{}", one.variant_id, one.version)).collect();
        let about = levels[0].variant_id.as_str();
        let event = StockEvent::Changed(StockChanged { levels: levels.to_vec() });
        let parts: Vec<&str> = std::iter::once(event.kind()).chain(told.iter().map(String::as_str)).collect();
        txn.send(stream::INVENTORY_EVENTS, &encode_once(about, &event, &parts)?).await?;
    }
    Ok(())
}

//! How much of what was sent to a stream is still on its way.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::outbox::outbox_row::{Column, Entity};
use crate::{Result, Txn};

impl Txn {
    /// How many messages to `stream` somebody has yet to handle, counted up to `most`.
    pub async fn in_flight(&self, stream: &str, most: u64) -> Result<u64> {
        let found: Vec<i64> = Entity::find()
            .select_only()
            .column(Column::Seq)
            .filter(Column::Stream.eq(stream))
            .limit(most)
            .into_tuple()
            .all(&**self)
            .await?;
        Ok(found.len() as u64)
    }
}

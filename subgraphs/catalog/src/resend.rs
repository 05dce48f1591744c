//! Sends every product again, for a copy that starts empty.

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::{Failure, Result};

use crate::Store;

const RESEND_PRODUCTS: &str = "catalog.resend_products.v1";

/// Handles what is asked of the catalog on `catalog.commands`.
pub struct Resend {
    store: Store,
}

impl Resend {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// In many short transactions: others may write meanwhile, and what is sent twice is older than what was sent since.
    async fn resend(&self, command: &Message) -> Result<()> {
        let mut after = None;
        loop {
            let products = self.store.walk(after.as_ref()).await?;
            let txn = self.store.db().begin().await?;
            let last = products.last().map(|whole| whole.product.clone());
            if last.is_none() {
                // Handled only now, so that a crash on the way begins again.
                txn.first_delivery("catalog", command).await?;
            }
            self.store.tell_of(&txn, &products).await?;
            txn.commit().await?;
            match last {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn is_new(&self, command: &Message) -> Result<bool> {
        let txn = self.store.db().begin().await?;
        let first = txn.first_delivery("catalog", command).await?;
        txn.rollback().await?;
        Ok(first)
    }
}

#[async_trait]
impl Consume for Resend {
    async fn consume(&self, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            RESEND_PRODUCTS if self.is_new(message).await? => self.resend(message).await,
            RESEND_PRODUCTS => Ok(()),
            other => Err(Failure::fault(anyhow::anyhow!("`{other}` is no command of the catalog"))),
        }
    }
}

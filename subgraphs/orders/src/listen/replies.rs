//! `orders.replies`: how the steps of checkouts went.

use async_trait::async_trait;
use kit::Result;
use kit::messaging::{Message, MessageHandler};

use crate::store::Store;

pub struct Replies {
    store: Store,
}

impl Replies {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl MessageHandler for Replies {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.store.handle_replies(std::slice::from_ref(message)).await
    }

    async fn handle_batch(&self, messages: &[Message]) -> Result<bool> {
        self.store.handle_replies(messages).await.map(|()| true)
    }
}

//! Links are found by the order that they lead to; orders by the mail domain as the name system has it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest, Sha256};

use crate::mail_domain;

pub(super) struct OrderLinks;

impl MigrationName for OrderLinks {
    fn name(&self) -> &'static str {
        "m0007_order_links"
    }
}

#[derive(DeriveIden)]
enum OrderLink {
    Table,
    OrderId,
}

#[async_trait::async_trait]
impl MigrationTrait for OrderLinks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_order =
            Index::create().name("order_link_order").table(OrderLink::Table).col(OrderLink::OrderId).to_owned();
        manager.create_index(of_order).await?;
        let db = manager.get_connection();
        let change = "UPDATE orders SET email = $1, email_hash = $2 WHERE id = $3";
        for (id, email) in mail_domain::to_change(db, "orders").await? {
            let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(email.as_bytes()));
            let values = [email.into(), hash.into(), id.into()];
            db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), change, values)).await?;
        }
        Ok(())
    }
}

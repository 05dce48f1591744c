//! Accounts are found by the domain as the name system has it, also those that were made when it was kept as it was typed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement};

use crate::mail_domain;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        // Whoever registered again since, with the address as it is kept now, has it.
        let change = "UPDATE account SET email = $1 WHERE id = $2 \
                      AND NOT EXISTS (SELECT 1 FROM account AS taken WHERE taken.email = $1)";
        for (id, email) in mail_domain::to_change(db, "account").await? {
            let values = [email.into(), id.into()];
            db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), change, values)).await?;
        }
        Ok(())
    }
}

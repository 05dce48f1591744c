//! What staff did, written once.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, text, timestamp_with_time_zone};

use crate::append_only::append_only;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum AuditEntry {
    Table,
    Id,
    Actor,
    Action,
    Subject,
    Detail,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let entry = Table::create()
            .table(AuditEntry::Table)
            // The message that told of it: what was heard twice stands once.
            .col(string(AuditEntry::Id).primary_key())
            .col(string(AuditEntry::Actor))
            .col(string(AuditEntry::Action))
            .col(string(AuditEntry::Subject))
            .col(text(AuditEntry::Detail))
            .col(timestamp_with_time_zone(AuditEntry::At))
            .to_owned();
        manager.create_table(entry).await?;
        let newest = [("audit_entry_newest", None), ("audit_entry_by_subject", Some(AuditEntry::Subject))];
        for (name, first) in newest {
            let mut index = Index::create().name(name).table(AuditEntry::Table).to_owned();
            if let Some(column) = first {
                index.col(column);
            }
            manager.create_index(index.col(AuditEntry::At).col(AuditEntry::Id).to_owned()).await?;
        }
        append_only(manager, "audit_entry").await
    }
}

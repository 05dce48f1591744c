//! The users database.

use sea_orm_migration::prelude::*;

use crate::messaging::{Entries, Marks, Messaging};

mod m0001_accounts;
mod m0002_sessions;
mod m0003_mail;
mod m0004_profile;
mod m0005_audit;
mod m0006_privacy;
mod m0007_proof;
mod m0008_owner;
mod m0009_factors;
mod m0011_sealed_keys;
mod m0012_disabled_accounts;
mod m0013_dead_mails;
mod m0014_mail_domains;
mod m0015_retention;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Messaging),
            Box::new(Marks),
            Box::new(Entries),
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_sessions::Migration),
            Box::new(m0003_mail::Migration),
            Box::new(m0004_profile::Migration),
            Box::new(m0005_audit::Migration),
            Box::new(m0006_privacy::Migration),
            Box::new(m0007_proof::Migration),
            Box::new(m0008_owner::Migration),
            Box::new(m0009_factors::Migration),
            Box::new(m0011_sealed_keys::Migration),
            Box::new(m0012_disabled_accounts::Migration),
            Box::new(m0013_dead_mails::Migration),
            Box::new(m0014_mail_domains::Migration),
            Box::new(m0015_retention::Migration),
        ]
    }
}

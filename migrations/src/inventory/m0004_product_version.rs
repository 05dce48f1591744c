//! Which version of each product the catalog has told of, so that of two that are taken in at the same time, or in the
//! wrong order, the newer stays. One row a product.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string};

pub(super) struct ProductVersions;

impl MigrationName for ProductVersions {
    fn name(&self) -> &'static str {
        "m0004_product_version"
    }
}

#[derive(DeriveIden)]
enum ProductVersion {
    Table,
    ProductId,
    Version,
}

#[derive(DeriveIden)]
enum Variant {
    Table,
    ProductId,
    Version,
}

#[async_trait::async_trait]
impl MigrationTrait for ProductVersions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(ProductVersion::Table)
            .col(string(ProductVersion::ProductId).primary_key())
            .col(big_integer(ProductVersion::Version))
            .to_owned();
        manager.create_table(table).await?;
        let known = Query::select()
            .column(Variant::ProductId)
            .expr(Expr::col(Variant::Version).max())
            .from(Variant::Table)
            .group_by_col(Variant::ProductId)
            .to_owned();
        let told = Query::insert()
            .into_table(ProductVersion::Table)
            .columns([ProductVersion::ProductId, ProductVersion::Version])
            .select_from(known)
            .map_err(|cause| DbErr::Custom(cause.to_string()))?
            .to_owned();
        manager.execute(told).await
    }
}

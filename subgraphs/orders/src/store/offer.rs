//! The projection of the catalog.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::messaging::Message;
use kit::{Failure, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{Iterable, QuerySelect, Set};
use vocab::{CurrencyCode, Money, ProductId, VariantId};

use super::{Store, Visible, stock};
use crate::cart::Offers;
use crate::offer::{Offer, Offering};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: String,
    pub product_id: String,
    pub sku: String,
    pub title: String,
    pub options: Option<String>,
    pub price_minor: i64,
    pub currency: String,
    pub weight_grams: Option<i32>,
    pub version: i64,
    pub removed: bool,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "stock::Entity", from = "Column::VariantId", to = "stock::Column::VariantId")]
    Stock,
}

impl Related<stock::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Stock.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// Rows of one statement: both engines count its parameters.
const ROWS_AT_ONCE: usize = 1_000;

impl Model {
    fn offer(self) -> Result<Offer> {
        Ok(Offer {
            variant_id: VariantId::parse(&self.variant_id)?,
            product_id: ProductId::parse(&self.product_id)?,
            sku: self.sku,
            title: self.title,
            options: self.options,
            price: Money::new(self.price_minor, CurrencyCode::stored(&self.currency)?),
            weight_grams: self.weight_grams.map(u32::try_from).transpose()?,
            version: self.version,
            removed: self.removed,
        })
    }
}

fn row(offer: &Offer) -> Result<ActiveModel> {
    Ok(ActiveModel {
        variant_id: Set(offer.variant_id.to_string()),
        product_id: Set(offer.product_id.to_string()),
        sku: Set(offer.sku.clone()),
        title: Set(offer.title.clone()),
        options: Set(offer.options.clone()),
        price_minor: Set(offer.price.minor),
        currency: Set(offer.price.currency.to_string()),
        weight_grams: Set(offer.weight_grams.map(i32::try_from).transpose()?),
        version: Set(offer.version),
        removed: Set(offer.removed),
    })
}

impl Store {
    pub(super) async fn has_offers(&self) -> Result<bool> {
        Ok(Entity::find().limit(1).one(self.db.reader()).await?.is_some())
    }

    /// Takes in what products offer now. Of each product the newest version stays; what it offers no more is removed.
    pub(crate) async fn take_offerings(&self, message: &Message, offerings: Vec<Offering>) -> Result<()> {
        let txn = self.db.begin().await?;
        if !txn.first_delivery("orders", message).await? {
            return Ok(txn.rollback().await?);
        }
        let mut newest: HashMap<String, Offering> = HashMap::new();
        for offering in offerings {
            let known = newest.get(offering.product_id.as_str());
            if known.is_none_or(|known| known.version < offering.version) {
                newest.insert(offering.product_id.to_string(), offering);
            }
        }
        let versions = newest.iter().map(|(id, offering)| (id.clone(), offering.version)).collect();
        let newer = Self::newer(&txn, &versions).await?;
        newest.retain(|id, _| newer.contains(id));
        Self::replace_offers(&txn, newest).await?;
        Ok(txn.commit().await?)
    }

    async fn replace_offers(txn: &Txn, offerings: HashMap<String, Offering>) -> Result<()> {
        if offerings.is_empty() {
            return Ok(());
        }
        Entity::update_many()
            .col_expr(Column::Removed, Expr::value(true))
            .filter(Column::ProductId.among(offerings.keys()))
            .exec(&**txn)
            .await?;
        // In the order of variants: one may have gone from one of two products that are taken in at once to the other.
        let mut offers: BTreeMap<VariantId, Offer> = BTreeMap::new();
        for offer in offerings.into_values().flat_map(|offering| offering.offers) {
            offers.insert(offer.variant_id.clone(), offer);
        }
        let rows = offers.values().map(row).collect::<Result<Vec<_>>>()?;
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let replace = OnConflict::column(Column::VariantId)
                .update_columns(Column::iter().filter(|column| !matches!(column, Column::VariantId)))
                .to_owned();
            Entity::insert_many(rows.to_vec()).on_conflict(replace).exec_without_returning(&**txn).await?;
        }
        Ok(())
    }

    pub(crate) async fn offers_of(
        db: &impl ConnectionTrait,
        variants: impl IntoIterator<Item = &VariantId>,
    ) -> Result<Offers> {
        let wanted: HashSet<&str> = variants.into_iter().map(VariantId::as_str).collect();
        let rows = Entity::find().filter(Column::VariantId.among(wanted)).all(db).await?;
        rows.into_iter().map(|row| row.offer().map(|offer| (offer.variant_id.clone(), offer))).collect()
    }
}

/// An offer, and how many units there are of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnShelf {
    pub offer: Offer,
    /// As the inventory last said; None when it has said nothing.
    pub free: Option<i64>,
}

/// What is on offer under this variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OfferByVariant(pub VariantId);

impl Loader<OfferByVariant> for Visible {
    type Value = OnShelf;
    type Error = Failure;

    async fn load(&self, keys: &[OfferByVariant]) -> Result<HashMap<OfferByVariant, OnShelf>> {
        let found = Entity::find()
            .filter(Column::VariantId.among(keys.iter().map(|key| key.0.as_str())))
            .find_also_related(stock::Entity)
            .all(self.store.db.reader())
            .await?;
        let on_shelf = |(row, stock): (Model, Option<stock::Model>)| {
            let offer = row.offer()?;
            let key = OfferByVariant(offer.variant_id.clone());
            Ok((key, OnShelf { offer, free: stock.map(|stock| stock.free) }))
        };
        found.into_iter().map(on_shelf).collect()
    }
}

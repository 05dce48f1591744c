//! Payments and their rows.

use std::collections::{BTreeMap, HashMap};

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Owner, Result, Txn};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Iterable, NotSet, QueryFilter, QueryOrder, QuerySelect, Set, TryInsertResult,
};
use vocab::{CurrencyCode, Money, OrderId, PaymentId};

use super::Store;
use super::privacy::NO_CARD;
use crate::payment::{Charge, Decline, Payment, State, Terms};
use crate::token::PaymentToken;

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: String,
        pub id: String,
        pub state: String,
        pub owner: Option<String>,
        pub amount_minor: Option<i64>,
        pub currency: Option<String>,
        pub token: Option<String>,
        pub charge: Option<String>,
        pub provider: Option<String>,
        pub brand: Option<String>,
        pub last4: Option<String>,
        pub decline_reason: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub decline_message: Option<String>,
        pub created_at: DateTimeUtc,
        pub owner_version: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{ActiveModel, Column, Entity, Model};

impl Store {
    /// The payment of an order, whoever owns it: for commands, which come from within.
    pub(crate) async fn payment_of(&self, order_id: &OrderId) -> Result<Option<Payment>> {
        let found = Entity::find_by_id(order_id.as_str()).one(self.db.reader()).await?;
        found.map(Model::payment).transpose()
    }

    /// The payments of these orders, likewise. An order without one is missing.
    pub(crate) async fn payments_of(
        &self,
        orders: impl Iterator<Item = &OrderId>,
    ) -> Result<HashMap<OrderId, Payment>> {
        let ids: Vec<&str> = orders.map(OrderId::as_str).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = Entity::find().filter(Column::OrderId.among(ids)).all(self.db.reader()).await?;
        let payments = rows.into_iter().map(Model::payment);
        payments.map(|one| one.map(|payment| (payment.order_id.clone(), payment))).collect()
    }

    /// Writes the first payments of orders down. False when one of them has a payment.
    pub(crate) async fn open_payments(&self, txn: &Txn, payments: impl Iterator<Item = &Payment>) -> Result<bool> {
        let rows = in_order(payments);
        let count = rows.len() as u64;
        let inserted = Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&**txn)
            .await?;
        Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows == count))
    }

    /// Writes down that payments have left the states that they were in. False when somebody else has moved one first.
    pub(crate) async fn move_payments(&self, txn: &Txn, moved: &[(State, &Payment)]) -> Result<bool> {
        let mut from_each: BTreeMap<&str, Vec<&Payment>> = BTreeMap::new();
        for (from, payment) in moved {
            from_each.entry(from.as_str()).or_default().push(payment);
        }
        if from_each.len() > 1 {
            lock(txn, moved.iter().map(|(_, payment)| &payment.order_id)).await?;
        }
        for (from, payments) in from_each {
            let count = payments.len() as u64;
            let rows = in_order(payments.into_iter());
            let replace = OnConflict::column(Column::OrderId)
                .update_columns(Column::iter().filter(|column| {
                    !matches!(column, Column::OrderId | Column::OwnerVersion) && !is_personal(*column)
                }))
                // Whoever has claimed the order meanwhile keeps it.
                .value(Column::Owner, Expr::cust("COALESCE(payment.owner, excluded.owner)"))
                // And whoever was forgotten meanwhile stays so: `payments` were read before the gateway was asked.
                .value(Column::Token, unless_erased(Column::Token))
                .value(Column::Brand, unless_erased(Column::Brand))
                .value(Column::Last4, unless_erased(Column::Last4))
                .action_and_where(Expr::col((Entity, Column::State)).eq(from))
                .to_owned();
            if Entity::insert_many(rows).on_conflict(replace).exec_without_returning(&**txn).await? != count {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Store {
    /// Takes in that the order of a payment is somebody else's. Of several such news the newest counts.
    pub(crate) async fn hear_of_owner(&self, order_id: &OrderId, owner: &Owner, version: i32) -> Result<()> {
        let txn = self.db.begin().await?;
        Entity::update_many()
            .col_expr(Column::Owner, Expr::value(owner.as_str()))
            .col_expr(Column::OwnerVersion, Expr::value(version))
            .filter(Column::OrderId.eq(order_id.as_str()))
            .filter(Column::OwnerVersion.lt(version))
            .exec(&*txn)
            .await?;
        Ok(txn.commit().await?)
    }
}

/// What says who somebody is, or of their card.
fn is_personal(column: Column) -> bool {
    matches!(column, Column::Owner | Column::Token | Column::Brand | Column::Last4)
}

/// What is written, where nothing was forgotten since.
fn unless_erased(column: Column) -> SimpleExpr {
    let name = column.as_str();
    Expr::cust(format!("CASE WHEN payment.brand = '{NO_CARD}' THEN payment.{name} ELSE excluded.{name} END"))
}

/// Takes the rows of these orders in the order of their ids, before statements that each write some of them: two who write
/// some of the same then do not wait for each other.
async fn lock(txn: &Txn, orders: impl Iterator<Item = &OrderId>) -> Result<()> {
    let locked = Entity::find()
        .select_only()
        .column(Column::OrderId)
        .filter(Column::OrderId.among(orders.map(OrderId::as_str)))
        .order_by_asc(Column::OrderId)
        .lock_exclusive()
        .into_tuple::<String>();
    locked.all(&**txn).await?;
    Ok(())
}

/// Rows in the order of their orders, so that two who write some of the same do not wait for each other.
fn in_order<'a>(payments: impl Iterator<Item = &'a Payment>) -> Vec<ActiveModel> {
    let mut payments: Vec<&Payment> = payments.collect();
    payments.sort_by(|one, other| one.order_id.cmp(&other.order_id));
    payments.into_iter().map(active).collect()
}

fn active(payment: &Payment) -> ActiveModel {
    let Payment { id, order_id, state, terms, charge, decline, created_at, in_doubt: _ } = payment.clone();
    let (owner, amount, token) = match terms {
        Some(Terms { owner, amount, token }) => (Some(owner), Some(amount), token),
        None => (None, None, None),
    };
    let (reference, provider, brand, last4) = match charge {
        Some(Charge { reference, provider, brand, last4 }) => {
            (Some(reference), Some(provider), Some(brand), Some(last4))
        }
        None => (None, None, None, None),
    };
    let (reason, message) = decline.map(|Decline { reason, message }| (reason, message)).unzip();
    ActiveModel {
        order_id: Set(order_id.into()),
        id: Set(id.into()),
        state: Set(state.as_str().to_owned()),
        owner: Set(owner.map(|owner| owner.to_string())),
        amount_minor: Set(amount.map(|amount| amount.minor)),
        currency: Set(amount.map(|amount| amount.currency.into())),
        token: Set(token.map(|token| token.as_str().to_owned())),
        charge: Set(reference),
        provider: Set(provider),
        brand: Set(brand),
        last4: Set(last4),
        decline_reason: Set(reason),
        decline_message: Set(message),
        created_at: Set(created_at),
        owner_version: NotSet,
    }
}

impl Model {
    fn payment(self) -> Result<Payment> {
        let terms = match (self.owner, self.amount_minor, self.currency) {
            (Some(owner), Some(minor), Some(currency)) => Some(Terms {
                owner: Owner::stored(owner),
                amount: Money::new(minor, CurrencyCode::stored(&currency)?),
                token: self.token.as_deref().map(PaymentToken::parse).transpose()?,
            }),
            _ => None,
        };
        let charge = match (self.charge, self.provider, self.brand, self.last4) {
            (Some(reference), Some(provider), Some(brand), Some(last4)) => {
                Some(Charge { reference, provider, brand, last4 })
            }
            _ => None,
        };
        let unknown_state = || Failure::fault(anyhow::anyhow!("a payment is stored in the state `{}`", self.state));
        let state = State::parse(&self.state).ok_or_else(unknown_state)?;
        Ok(Payment {
            id: PaymentId::parse(&self.id)?,
            order_id: OrderId::parse(&self.order_id)?,
            state,
            in_doubt: state.is_under_way(),
            terms,
            charge,
            decline: self.decline_reason.zip(self.decline_message).map(|(reason, message)| Decline { reason, message }),
            created_at: self.created_at,
        })
    }
}

/// "What did this order pay?"
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaymentByOrder(pub OrderId);

/// "What is this payment?"
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaymentById(pub PaymentId);

/// Loads payments for one viewer. What is somebody else's is not there.
pub struct PaymentLoader {
    pub store: Store,
    pub owners: Vec<Owner>,
}

impl PaymentLoader {
    async fn load_owned(&self, column: Column, keys: Vec<&str>) -> Result<Vec<Payment>> {
        if self.owners.is_empty() {
            return Ok(Vec::new());
        }
        let rows = Entity::find()
            .filter(column.among(keys))
            .filter(Column::Owner.among(self.owners.iter().map(Owner::as_str)))
            .all(self.store.db.reader())
            .await?;
        rows.into_iter().map(Model::payment).collect()
    }
}

impl Loader<PaymentByOrder> for PaymentLoader {
    type Value = Payment;
    type Error = Failure;

    async fn load(&self, keys: &[PaymentByOrder]) -> Result<HashMap<PaymentByOrder, Payment>> {
        let ids = keys.iter().map(|PaymentByOrder(id)| id.as_str()).collect();
        let payments = self.load_owned(Column::OrderId, ids).await?;
        Ok(payments.into_iter().map(|payment| (PaymentByOrder(payment.order_id.clone()), payment)).collect())
    }
}

impl Loader<PaymentById> for PaymentLoader {
    type Value = Payment;
    type Error = Failure;

    async fn load(&self, keys: &[PaymentById]) -> Result<HashMap<PaymentById, Payment>> {
        let ids = keys.iter().map(|PaymentById(id)| id.as_str()).collect();
        let payments = self.load_owned(Column::Id, ids).await?;
        Ok(payments.into_iter().map(|payment| (PaymentById(payment.id.clone()), payment)).collect())
    }
}

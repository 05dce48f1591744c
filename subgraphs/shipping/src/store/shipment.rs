//! Shipments and their rows.

use std::collections::{BTreeMap, HashMap};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, TimeDelta, Utc};
use kit::db::Among;
use kit::{Failure, Owner, Result, Txn};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, LockBehavior, LockType, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, Iterable, NotSet, QueryFilter, QueryOrder, QuerySelect, Set, TryInsertResult};
use vocab::{OrderId, ShipmentId};

use super::Store;
use crate::shipment::{Label, Shipment, State, Terms};

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shipment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: String,
        pub id: String,
        pub state: String,
        pub owner: Option<String>,
        pub method: Option<String>,
        pub country: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub address: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub lines: String,
        pub carrier: Option<String>,
        pub tracking_number: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub refusal_message: Option<String>,
        pub estimated_delivery: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
        pub dispatched_at: Option<DateTimeUtc>,
        pub next_look_at: Option<DateTimeUtc>,
        pub owner_version: i32,
    }

    /// Never the row: there may be an address in it.
    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Shipment").field("order_id", &self.order_id).finish_non_exhaustive()
        }
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{ActiveModel, Column, Entity, Model};

/// Shipments whose turn has come, and those that cannot be read, by their orders and why.
#[derive(Default)]
pub(crate) struct Taken {
    pub shipments: Vec<Shipment>,
    pub unreadable: Vec<(String, Failure)>,
}

impl Store {
    /// The shipments of these orders, whoever owns them: for commands, which come from within. An order without one is
    /// missing.
    pub(crate) async fn shipments_of(
        &self,
        orders: impl Iterator<Item = &OrderId>,
    ) -> Result<HashMap<OrderId, Shipment>> {
        let ids: Vec<&str> = orders.map(OrderId::as_str).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = Entity::find().filter(Column::OrderId.among(ids)).all(self.db.reader()).await?;
        let shipments = rows.into_iter().map(Model::shipment);
        shipments.map(|one| one.map(|shipment| (shipment.order_id.clone(), shipment))).collect()
    }

    /// Writes the first shipments of orders down. False when one of them has a shipment.
    pub(crate) async fn open_shipments(&self, txn: &Txn, shipments: impl Iterator<Item = &Shipment>) -> Result<bool> {
        let rows = in_order(shipments)?;
        let count = rows.len() as u64;
        let inserted = Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&**txn)
            .await?;
        Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows == count))
    }

    /// Writes down that shipments have left the states that they were in. False when somebody else has moved one first.
    pub(crate) async fn move_shipments(&self, txn: &Txn, moved: &[(State, &Shipment)]) -> Result<bool> {
        let mut from_each: BTreeMap<&str, Vec<&Shipment>> = BTreeMap::new();
        for (from, shipment) in moved {
            from_each.entry(from.as_str()).or_default().push(shipment);
        }
        if from_each.len() > 1 {
            Self::lock_shipments(txn, moved.iter().map(|(_, shipment)| &shipment.order_id)).await?;
        }
        for (from, shipments) in from_each {
            let count = shipments.len() as u64;
            let replace = OnConflict::column(Column::OrderId)
                .update_columns(
                    Column::iter()
                        .filter(|column| !matches!(column, Column::OrderId | Column::Owner | Column::OwnerVersion)),
                )
                // Whoever has claimed the order meanwhile keeps it.
                .value(Column::Owner, Expr::cust("COALESCE(shipment.owner, excluded.owner)"))
                .action_and_where(Expr::col((Entity, Column::State)).eq(from))
                .to_owned();
            let rows = in_order(shipments.into_iter())?;
            if Entity::insert_many(rows).on_conflict(replace).exec_without_returning(&**txn).await? != count {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the rows of these orders in the order of their ids, before statements that each write some of them: two who
    /// write some of the same then do not wait for each other.
    pub(crate) async fn lock_shipments(txn: &Txn, orders: impl Iterator<Item = &OrderId>) -> Result<()> {
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

    /// Takes the parcels that the carrier is to be asked about now, those that wait longest first: until `lease` is over,
    /// nobody else takes them. One whose row cannot be read is told with its order, and waits for as long.
    pub(crate) async fn take_due(&self, most: u64, lease: TimeDelta) -> Result<Taken> {
        let now = self.clock.now();
        let due = || Entity::find().filter(Column::NextLookAt.lte(now)).order_by_asc(Column::NextLookAt).limit(most);
        let any = due().select_only().column(Column::OrderId).limit(1).into_tuple::<String>();
        if any.one(self.db.reader()).await?.is_none() {
            return Ok(Taken::default());
        }
        let txn = self.db.begin().await?;
        // What somebody else has locked is in his hands.
        let rows = due().lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).all(&*txn).await?;
        Entity::update_many()
            .col_expr(Column::NextLookAt, Expr::value(now + lease))
            .filter(Column::OrderId.among(rows.iter().map(|row| row.order_id.as_str())))
            .exec(&*txn)
            .await?;
        txn.commit().await?;
        let mut taken = Taken::default();
        for row in rows {
            let order_id = row.order_id.clone();
            match row.shipment() {
                Ok(shipment) => taken.shipments.push(shipment),
                Err(why) => taken.unreadable.push((order_id, why)),
            }
        }
        Ok(taken)
    }

    /// Writes down when to look at each of these again, where nothing has happened to it meanwhile.
    pub(crate) async fn look_again(&self, txn: &Txn, looks: &[(OrderId, DateTime<Utc>)]) -> Result<()> {
        if looks.is_empty() {
            return Ok(());
        }
        let mut at = CaseStatement::new();
        for (order_id, next) in looks {
            at = at.case(Column::OrderId.eq(order_id.as_str()), *next);
        }
        Entity::update_many()
            .col_expr(Column::NextLookAt, at.finally(Expr::col(Column::NextLookAt)).into())
            .filter(Column::OrderId.among(looks.iter().map(|(order_id, _)| order_id.as_str())))
            .filter(Column::NextLookAt.is_not_null())
            .exec(&**txn)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Takes in that the order of a parcel is somebody else's. Of several such news the newest counts.
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

/// Rows in the order of their orders, so that two who write some of the same do not wait for each other.
fn in_order<'a>(shipments: impl Iterator<Item = &'a Shipment>) -> Result<Vec<ActiveModel>> {
    let mut shipments: Vec<&Shipment> = shipments.collect();
    shipments.sort_by(|one, other| one.order_id.cmp(&other.order_id));
    shipments.into_iter().map(active).collect()
}

fn active(shipment: &Shipment) -> Result<ActiveModel> {
    let Shipment { id, order_id, state, terms, lines, label, refusal, .. } = shipment.clone();
    let (owner, method, country, address) = match terms {
        Some(Terms { owner, method, country, address }) => (Some(owner), Some(method), Some(country), address),
        None => (None, None, None, None),
    };
    let (carrier, tracking_number) = label.map(|label| (label.carrier, label.tracking_number)).unzip();
    Ok(ActiveModel {
        order_id: Set(order_id.into()),
        id: Set(id.into()),
        state: Set(state.as_str().to_owned()),
        owner: Set(owner.map(|owner| owner.to_string())),
        method: Set(method),
        country: Set(country),
        address: Set(address.map(|address| serde_json::to_string(&address)).transpose()?),
        lines: Set(serde_json::to_string(&lines)?),
        carrier: Set(carrier),
        tracking_number: Set(tracking_number),
        refusal_message: Set(refusal),
        estimated_delivery: Set(shipment.estimated_delivery),
        created_at: Set(shipment.created_at),
        dispatched_at: Set(shipment.dispatched_at),
        next_look_at: Set(shipment.next_look_at),
        owner_version: NotSet,
    })
}

impl Model {
    fn shipment(self) -> Result<Shipment> {
        let terms = match (self.owner, self.method, self.country) {
            (Some(owner), Some(method), Some(country)) => Some(Terms {
                owner: Owner::stored(owner),
                method,
                country,
                address: self.address.as_deref().map(serde_json::from_str).transpose()?,
            }),
            _ => None,
        };
        let unknown_state = || Failure::fault(anyhow::anyhow!("a shipment is stored in the state `{}`", self.state));
        let state = State::parse(&self.state).ok_or_else(unknown_state)?;
        Ok(Shipment {
            id: ShipmentId::parse(&self.id)?,
            order_id: OrderId::parse(&self.order_id)?,
            state,
            terms,
            lines: serde_json::from_str(&self.lines)?,
            label: self
                .carrier
                .zip(self.tracking_number)
                .map(|(carrier, tracking_number)| Label { carrier, tracking_number }),
            refusal: self.refusal_message,
            estimated_delivery: self.estimated_delivery,
            created_at: self.created_at,
            dispatched_at: self.dispatched_at,
            next_look_at: self.next_look_at,
            in_doubt: matches!(state, State::Booking | State::Cancelling),
        })
    }
}

/// "How does this order travel?"
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShipmentByOrder(pub OrderId);

/// "What is this shipment?"
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShipmentById(pub ShipmentId);

/// Loads shipments for one viewer. What is somebody else's is not there.
pub struct ShipmentLoader {
    pub store: Store,
    pub owners: Vec<Owner>,
}

impl ShipmentLoader {
    async fn load_owned(&self, column: Column, keys: Vec<&str>) -> Result<Vec<Shipment>> {
        if self.owners.is_empty() {
            return Ok(Vec::new());
        }
        let rows = Entity::find()
            .filter(column.among(keys))
            .filter(Column::Owner.among(self.owners.iter().map(Owner::as_str)))
            .all(self.store.db.reader())
            .await?;
        rows.into_iter().map(Model::shipment).collect()
    }
}

impl Loader<ShipmentByOrder> for ShipmentLoader {
    type Value = Shipment;
    type Error = Failure;

    async fn load(&self, keys: &[ShipmentByOrder]) -> Result<HashMap<ShipmentByOrder, Shipment>> {
        let ids = keys.iter().map(|ShipmentByOrder(id)| id.as_str()).collect();
        let shipments = self.load_owned(Column::OrderId, ids).await?;
        Ok(shipments.into_iter().map(|shipment| (ShipmentByOrder(shipment.order_id.clone()), shipment)).collect())
    }
}

impl Loader<ShipmentById> for ShipmentLoader {
    type Value = Shipment;
    type Error = Failure;

    async fn load(&self, keys: &[ShipmentById]) -> Result<HashMap<ShipmentById, Shipment>> {
        let ids = keys.iter().map(|ShipmentById(id)| id.as_str()).collect();
        let shipments = self.load_owned(Column::Id, ids).await?;
        Ok(shipments.into_iter().map(|shipment| (ShipmentById(shipment.id.clone()), shipment)).collect())
    }
}

//! Reservations as rows, and the units that move with them. All in the transaction of the command.

use std::collections::BTreeMap;

use kit::{Failure, Result, Txn};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use vocab::VariantId;

use super::ledger::EntryKind;
use super::level::{self, Move};
use super::{Store, ledger};
use crate::commands::Wanted;
use crate::location::LocationId;
use crate::reservation::{Command, Reservation, State, Step};
use crate::stock::{Share, allocate};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reservation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: String,
        /// Null when a release came before the order's first word.
        pub owner: Option<String>,
        pub state: String,
        #[sea_orm(column_type = "Text")]
        pub shortages: String,
        pub expires_at: Option<DateTimeUtc>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod line_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reservation_line")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub variant_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub location_id: String,
        pub quantity: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How many expired reservations one sweep looks up at a time.
const EXPIRED_AT_ONCE: u64 = 100;

impl TryFrom<row::Model> for Reservation {
    type Error = Failure;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            state: State::stored(&row.state)?,
            shortages: serde_json::from_str(&row.shortages)?,
            order: row.order_id,
        })
    }
}

impl Store {
    /// Promises all that an order wants, or nothing.
    pub(crate) async fn reserve(&self, txn: &Txn, wanted: &Wanted) -> Result<Reservation> {
        let order = wanted.order.as_str();
        let mut reservation = begin(txn, order).await?;
        if reservation.state.next(Command::Reserve) == Step::Promise {
            self.promise(txn, &mut reservation, &wanted.units).await?;
            let row = row::ActiveModel {
                owner: Set(Some(wanted.owner.clone())),
                expires_at: Set(Some(wanted.expires_at)),
                ..active(&reservation)?
            };
            row::Entity::update(row).exec(&**txn).await?;
        }
        Ok(reservation)
    }

    /// Takes the promise to an order back, or sees to it that none is made.
    pub(crate) async fn release(&self, txn: &Txn, order: &str) -> Result<Reservation> {
        let mut reservation = begin(txn, order).await?;
        match reservation.state.next(Command::Release) {
            Step::TakeBack => self.take_back(txn, &mut reservation, State::Released).await?,
            Step::Forbid => {
                reservation.state = State::Released;
                save(txn, &reservation).await?;
            }
            _ => {}
        }
        Ok(reservation)
    }

    /// Sells what is promised to an order; none when nothing was ever asked for it.
    pub(crate) async fn settle(&self, txn: &Txn, order: &str) -> Result<Option<Reservation>> {
        let Some(mut reservation) = lock(txn, order).await? else { return Ok(None) };
        let step = reservation.state.next(Command::Settle);
        if step == Step::PromiseAndSell {
            let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
            for share in shares(txn, order).await? {
                *units.entry(share.variant).or_default() += share.units;
            }
            line_row::Entity::delete_many().filter(line_row::Column::OrderId.eq(order)).exec(&**txn).await?;
            self.promise(txn, &mut reservation, &units).await?;
            save(txn, &reservation).await?;
        }
        if reservation.state == State::Held {
            let sold = shares(txn, order).await?;
            level::lock(txn, sold.iter().map(|share| &share.variant)).await?;
            level::shift(txn, Move::Sell, &sold).await?;
            ledger::enter(txn, EntryKind::Sold, Some(order), &sold, self.clock.now()).await?;
            reservation.state = State::Settled;
            save(txn, &reservation).await?;
        }
        Ok(Some(reservation))
    }

    /// Takes back the promises whose time has run out. Each in a transaction of its own.
    pub async fn release_expired(&self) -> Result<u64> {
        let mut released = 0;
        loop {
            let now = self.clock.now();
            let expired = row::Entity::find()
                .filter(row::Column::State.eq(State::Held.as_str()))
                .filter(row::Column::ExpiresAt.lte(now))
                .order_by_asc(row::Column::ExpiresAt)
                .limit(EXPIRED_AT_ONCE)
                .all(self.db.reader())
                .await?;
            if expired.is_empty() {
                return Ok(released);
            }
            for row in expired {
                let txn = self.db.begin().await?;
                // Settled or released since we looked, perhaps.
                if let Some(mut reservation) = lock(&txn, &row.order_id).await?
                    && reservation.state == State::Held
                {
                    self.take_back(&txn, &mut reservation, State::Expired).await?;
                    released += 1;
                }
                txn.commit().await?;
            }
        }
    }

    async fn promise(&self, txn: &Txn, reservation: &mut Reservation, units: &BTreeMap<VariantId, i64>) -> Result<()> {
        let levels = level::lock(txn, units.keys()).await?;
        match allocate(units, &levels) {
            Err(shortages) => {
                reservation.state = State::Refused;
                reservation.shortages = shortages;
            }
            Ok(shares) => {
                level::shift(txn, Move::Reserve, &shares).await?;
                let order = reservation.order.as_str();
                ledger::enter(txn, EntryKind::Reserved, Some(order), &shares, self.clock.now()).await?;
                let lines = shares.iter().map(|share| line_row::ActiveModel {
                    order_id: Set(order.to_owned()),
                    variant_id: Set(share.variant.to_string()),
                    location_id: Set(share.location.to_string()),
                    quantity: Set(share.units),
                });
                line_row::Entity::insert_many(lines).exec_without_returning(&**txn).await?;
                reservation.state = State::Held;
            }
        }
        Ok(())
    }

    async fn take_back(&self, txn: &Txn, reservation: &mut Reservation, end: State) -> Result<()> {
        let freed = shares(txn, &reservation.order).await?;
        level::lock(txn, freed.iter().map(|share| &share.variant)).await?;
        level::shift(txn, Move::Release, &freed).await?;
        let order = Some(reservation.order.as_str());
        ledger::enter(txn, EntryKind::Released, order, &freed, self.clock.now()).await?;
        reservation.state = end;
        save(txn, reservation).await
    }
}

/// The order's reservation, made if need be, and nobody else's until this transaction ends.
async fn begin(txn: &Txn, order: &str) -> Result<Reservation> {
    let new = row::ActiveModel {
        order_id: Set(order.to_owned()),
        owner: Set(None),
        state: Set(State::New.as_str().to_owned()),
        shortages: Set("[]".to_owned()),
        expires_at: Set(None),
    };
    row::Entity::insert(new)
        .on_conflict(OnConflict::column(row::Column::OrderId).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&**txn)
        .await?;
    let missing = || Failure::fault(anyhow::anyhow!("the reservation of {order} vanished"));
    lock(txn, order).await?.ok_or_else(missing)
}

async fn lock(txn: &Txn, order: &str) -> Result<Option<Reservation>> {
    let row = row::Entity::find_by_id(order.to_owned()).lock_exclusive().one(&**txn).await?;
    row.map(Reservation::try_from).transpose()
}

async fn save(txn: &Txn, reservation: &Reservation) -> Result<()> {
    row::Entity::update(active(reservation)?).exec(&**txn).await?;
    Ok(())
}

fn active(reservation: &Reservation) -> Result<row::ActiveModel> {
    Ok(row::ActiveModel {
        order_id: Set(reservation.order.clone()),
        state: Set(reservation.state.as_str().to_owned()),
        shortages: Set(serde_json::to_string(&reservation.shortages)?),
        ..Default::default()
    })
}

/// What is, or was, promised to an order.
async fn shares(txn: &Txn, order: &str) -> Result<Vec<Share>> {
    let lines = line_row::Entity::find()
        .filter(line_row::Column::OrderId.eq(order))
        .order_by_asc(line_row::Column::VariantId)
        .order_by_asc(line_row::Column::LocationId)
        .all(&**txn)
        .await?;
    let share = |line: line_row::Model| {
        let variant = VariantId::parse(&line.variant_id)?;
        Ok(Share { variant, location: LocationId::stored(line.location_id), units: line.quantity })
    };
    lines.into_iter().map(share).collect()
}

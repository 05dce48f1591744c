//! Reservations as rows, and the units that move with them. All in the transaction of the command.

use std::collections::BTreeMap;

use kit::{Failure, Result, Txn};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, TryInsertResult};
use vocab::VariantId;

use super::ledger::EntryKind;
use super::level::{self, Move};
use super::{Store, announcement, hold, ledger};

use crate::location::LocationId;
use crate::message::Wanted;
use crate::reservation::{Command, Reason, Reservation, State, Step};
use crate::stock::{Level, Share, allocate, over_limit};

pub(super) mod row {
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
        pub reason: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod line_row {
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
/// The condition as the index `reservation_expiring` has it. A plan for any parameter could not use that index.
const HELD: &str = "state = 'HELD'";

impl TryFrom<row::Model> for Reservation {
    type Error = Failure;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            state: State::stored(&row.state)?,
            shortages: serde_json::from_str(&row.shortages)?,
            reason: row.reason.as_deref().map(Reason::stored).transpose()?,
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
            self.promise(txn, &mut reservation, &wanted.units, Some(&wanted.owner)).await?;
            let row = row::ActiveModel {
                owner: Set(Some(wanted.owner.clone())),
                expires_at: Set(Some(wanted.expires_at)),
                ..active(&reservation)?
            };
            row::Entity::update(row).exec(&**txn).await?;
        }
        Ok(reservation)
    }

    /// Takes the promise to an order back, or what it has bought: as the command, a release or a return, may.
    pub(crate) async fn end(&self, txn: &Txn, order: &str, command: Command) -> Result<Reservation> {
        let mut reservation = begin(txn, order).await?;
        match reservation.state.next(command) {
            Step::TakeBack => self.free(txn, &mut reservation, Move::Release, State::Released).await?,
            Step::PutBack => self.free(txn, &mut reservation, Move::Return, State::Returned).await?,
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
            // It is sold at once: the limit on what a buyer holds does not matter.
            self.promise(txn, &mut reservation, &units, None).await?;
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
                .filter(Expr::cust(HELD))
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
                    self.free(&txn, &mut reservation, Move::Release, State::Expired).await?;
                    released += 1;
                }
                txn.commit().await?;
            }
        }
    }

    /// Promises these units. `buyer` is whose limit counts; None when none does.
    async fn promise(
        &self,
        txn: &Txn,
        reservation: &mut Reservation,
        units: &BTreeMap<VariantId, i64>,
        buyer: Option<&str>,
    ) -> Result<()> {
        let levels = level::lock(txn, units.keys()).await?;
        let shares = match allocate(units, &levels) {
            Ok(shares) => shares,
            Err(shortages) => {
                reservation.state = State::Refused;
                reservation.shortages = shortages;
                return Ok(());
            }
        };
        if let Some((owner, most)) = buyer.zip(self.settings.most_held()) {
            let held = hold::held_by(txn, owner, units.keys(), self.clock.now()).await?;
            let over = over_limit(units, &held, most);
            if !over.is_empty() {
                reservation.state = State::Refused;
                reservation.shortages = over;
                reservation.reason = Some(Reason::HoldLimit);
                return Ok(());
            }
        }
        self.hold(txn, reservation, &levels, &shares).await
    }

    async fn hold(&self, txn: &Txn, reservation: &mut Reservation, levels: &[Level], shares: &[Share]) -> Result<()> {
        level::shift(txn, Move::Reserve, shares).await?;
        let order = reservation.order.as_str();
        ledger::enter(txn, EntryKind::Reserved, Some(order), shares, self.clock.now()).await?;
        let lines = shares.iter().map(|share| line_row::ActiveModel {
            order_id: Set(order.to_owned()),
            variant_id: Set(share.variant.to_string()),
            location_id: Set(share.location.to_string()),
            quantity: Set(share.units),
        });
        line_row::Entity::insert_many(lines).exec_without_returning(&**txn).await?;
        announcement::tell(txn, levels, Move::Reserve, shares).await?;
        reservation.state = State::Held;
        Ok(())
    }

    /// Frees what an order holds or has bought.
    async fn free(&self, txn: &Txn, reservation: &mut Reservation, what: Move, end: State) -> Result<()> {
        let freed = shares(txn, &reservation.order).await?;
        let levels = level::lock(txn, freed.iter().map(|share| &share.variant)).await?;
        level::shift(txn, what, &freed).await?;
        let kind = if what == Move::Return { EntryKind::Returned } else { EntryKind::Released };
        ledger::enter(txn, kind, Some(&reservation.order), &freed, self.clock.now()).await?;
        announcement::tell(txn, &levels, what, &freed).await?;
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
        reason: Set(None),
    };
    let inserted = row::Entity::insert(new)
        .on_conflict(OnConflict::column(row::Column::OrderId).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&**txn)
        .await?;
    if matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0) {
        return Ok(Reservation::new(order));
    }
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
        reason: Set(reservation.reason.map(|reason| reason.as_str().to_owned())),
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

//! Requests for the whole catalogue, and how far each answer has come. Every step is a transaction of its own that sends
//! one message and writes down how far it got: a process that ends in between leaves the rest to whoever comes next.

use contracts::catalog::ResendPart;
use kit::messaging::Message;
use kit::{Result, Txn};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, TryInsertResult};
use uuid::Uuid;
use vocab::ProductId;

use super::{Store, category, import, product};
use crate::events::{self, PRODUCTS_PER_MESSAGE};

mod request {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "resend_request")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub stream: String,
        /// The answer that it is part of; none of one that waits for an answer to begin.
        pub run: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod run {
    use sea_orm::entity::prelude::*;

    /// At most one for each stream.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "resend_run")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub stream: String,
        pub run: String,
        /// The last product that was sent.
        pub after: Option<String>,
        /// How many messages were sent.
        pub part: i32,
        /// How many products there were when it began.
        pub total: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// So many messages of an answer may be on their way. Who asked sets the pace, and neither the outbox nor Redis has to hold
/// the whole catalogue.
const IN_FLIGHT: u64 = 64;

/// What a step has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to send.
    Sent,
    /// What was sent has to arrive first, or another process is at it.
    Waits,
    /// Nobody waits for an answer any more.
    Done,
}

impl Store {
    /// Takes a request down, once. Asked again in the name of a request that is not answered yet, it changes nothing.
    pub async fn request_resend(&self, command: &Message, request: &str, stream: &str) -> Result<()> {
        let txn = self.db.begin().await?;
        if txn.first_delivery("catalog", command).await? {
            let row =
                request::ActiveModel { id: Set(request.to_owned()), stream: Set(stream.to_owned()), run: Set(None) };
            request::Entity::insert(row)
                .on_conflict(OnConflict::column(request::Column::Id).do_nothing().to_owned())
                .try_insert()
                .exec_without_returning(&*txn)
                .await?;
        }
        Ok(txn.commit().await?)
    }

    /// The streams on which somebody waits for an answer.
    pub async fn resending(&self) -> Result<Vec<String>> {
        let streams = request::Entity::find().select_only().column(request::Column::Stream).distinct();
        Ok(streams.order_by_asc(request::Column::Stream).into_tuple().all(self.db.reader()).await?)
    }

    /// Sends the next message of the answer on `stream`. It begins where it has to with all requests that wait: one that
    /// comes later may have missed what was sent already, and is answered by the next.
    pub async fn resend_step(&self, stream: &str) -> Result<Step> {
        let txn = self.db.begin().await?;
        let Some(run) = the_run(&txn, stream).await? else {
            let begun = begin(&txn, stream).await?;
            txn.commit().await?;
            return Ok(begun);
        };
        if txn.in_flight(stream, IN_FLIGHT).await? >= IN_FLIGHT {
            txn.rollback().await?;
            return Ok(Step::Waits);
        }
        let after = run.after.as_deref().map(ProductId::parse).transpose()?;
        let products = product::walk(&*txn, None, after.as_ref(), PRODUCTS_PER_MESSAGE as u64).await?;
        let last = products.len() < PRODUCTS_PER_MESSAGE;
        let after = products.last().map(|product| product.id.to_string()).or_else(|| run.after.clone());
        let products = import::whole(&*txn, products).await?;
        let requests = requests_of(&txn, &run.run).await?;
        let (part, total) = (u32::try_from(run.part)?, u64::try_from(run.total)?);
        let part = ResendPart { run: run.run.clone(), requests, part, last, total };
        let categories = category::all(&*txn).await?;
        events::send_part(&txn, stream, &products, &categories, part).await?;
        if last {
            request::Entity::delete_many().filter(request::Column::Run.eq(&run.run)).exec(&*txn).await?;
            run::Entity::delete_by_id(stream).exec(&*txn).await?;
        } else {
            run::Entity::update_many()
                .col_expr(run::Column::After, Expr::value(after))
                .col_expr(run::Column::Part, Expr::value(run.part + 1))
                .filter(run::Column::Stream.eq(stream))
                .exec(&*txn)
                .await?;
        }
        txn.commit().await?;
        Ok(Step::Sent)
    }
}

/// The answer that is on its way, held until the end of the transaction. None where another process holds it.
async fn the_run(txn: &Txn, stream: &str) -> Result<Option<run::Model>> {
    let run = run::Entity::find_by_id(stream).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    Ok(run.one(&**txn).await?)
}

async fn begin(txn: &Txn, stream: &str) -> Result<Step> {
    let waiting = request::Entity::find().filter(request::Column::Stream.eq(stream)).one(&**txn).await?;
    if waiting.is_none() {
        return Ok(Step::Done);
    }
    let name = Uuid::now_v7().to_string();
    let row = run::ActiveModel {
        stream: Set(stream.to_owned()),
        run: Set(name.clone()),
        after: Set(None),
        part: Set(0),
        total: Set(i64::try_from(product::count(&**txn).await?).unwrap_or(i64::MAX)),
    };
    let inserted = run::Entity::insert(row)
        .on_conflict(OnConflict::column(run::Column::Stream).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&**txn)
        .await?;
    if !matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0) {
        return Ok(Step::Waits);
    }
    let answered = request::Entity::update_many()
        .col_expr(request::Column::Run, Expr::value(Some(name)))
        .filter(request::Column::Stream.eq(stream))
        .exec(&**txn)
        .await?;
    if answered.rows_affected == 0 {
        // Another process has just sent the last of what they asked for.
        run::Entity::delete_by_id(stream).exec(&**txn).await?;
        return Ok(Step::Done);
    }
    Ok(Step::Sent)
}

async fn requests_of(txn: &Txn, run: &str) -> Result<Vec<String>> {
    let requests = request::Entity::find().select_only().column(request::Column::Id);
    let of_run = requests.filter(request::Column::Run.eq(run)).order_by_asc(request::Column::Id);
    Ok(of_run.into_tuple().all(&**txn).await?)
}

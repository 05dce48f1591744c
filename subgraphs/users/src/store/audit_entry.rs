//! What staff did, anywhere in the shop.

use kit::graphql::page::Page;
use kit::identity::audit::AuditEvent;
use kit::messaging::Message;
use kit::{Failure, Result};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, Set};

use super::Store;

const CONSUMER: &str = "users";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    actor: String,
    action: String,
    subject: String,
    #[sea_orm(column_type = "Text")]
    detail: String,
    at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Where an entry stands in the log: newer ones come first.
pub(crate) type Place = (i64, String);

/// A deed, under the id by which it was told.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub id: String,
    pub deed: AuditEvent,
}

impl Recorded {
    pub(crate) fn place(&self) -> Place {
        (self.deed.at.timestamp_millis(), self.id.clone())
    }
}

impl Store {
    pub(crate) async fn hear_of_deed(&self, message: &Message, deed: &AuditEvent) -> Result<()> {
        let txn = self.db.begin().await?;
        if txn.first_delivery(CONSUMER, message).await? {
            let row = ActiveModel {
                id: Set(message.id.to_string()),
                actor: Set(deed.actor.clone()),
                action: Set(deed.action.clone()),
                subject: Set(deed.subject.clone()),
                detail: Set(deed.detail.to_string()),
                at: Set(deed.at),
            };
            Entity::insert(row).exec_without_returning(&*txn).await?;
        }
        Ok(txn.commit().await?)
    }

    /// A page of the log, the newest first; of one subject alone when there is one.
    pub(crate) async fn audit_log(&self, page: &Page<Place>, subject: Option<&str>) -> Result<Vec<Recorded>> {
        let mut wanted = Entity::find().order_by_desc(Column::At).order_by_desc(Column::Id).limit(page.limit());
        if let Some(subject) = subject {
            wanted = wanted.filter(Column::Subject.eq(subject));
        }
        if let Some((millis, id)) = &page.after {
            let at = DateTimeUtc::from_timestamp_millis(*millis).unwrap_or_default();
            let place = Expr::tuple([Expr::col(Column::At), Expr::col(Column::Id)]);
            wanted = wanted.filter(place.lt(Expr::tuple([Expr::val(at), Expr::val(id.as_str())])));
        }
        let rows = wanted.all(self.db.reader()).await?;
        rows.into_iter().map(Model::recorded).collect()
    }
}

impl Model {
    fn recorded(self) -> Result<Recorded, Failure> {
        let Self { id, actor, action, subject, detail, at } = self;
        let detail = serde_json::from_str(&detail)?;
        Ok(Recorded { id, deed: AuditEvent { actor, action, subject, detail, at } })
    }
}

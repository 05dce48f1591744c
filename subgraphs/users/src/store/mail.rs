//! Mails in the database.

use chrono::{DateTime, TimeDelta, Utc};
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use super::Store;
use crate::mail::Mail;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    kind: String,
    recipient: String,
    #[sea_orm(column_type = "Text")]
    subject: String,
    #[sea_orm(column_type = "Text")]
    text: String,
    #[sea_orm(column_type = "Text", nullable)]
    html: Option<String>,
    created_at: DateTimeUtc,
    expires_at: Option<DateTimeUtc>,
    sent_at: Option<DateTimeUtc>,
    dead_at: Option<DateTimeUtc>,
    attempts: i32,
    next_at: Option<DateTimeUtc>,
    last_error: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("mail::Model").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A mail that is ours to send for a while.
pub(crate) struct Claimed {
    pub id: String,
    pub kind: String,
    pub recipient: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    /// How often it was tried, this time included.
    pub attempts: u32,
}

impl Store {
    /// Writes a mail. It is sent when, and only when, the transaction commits.
    pub(crate) async fn post(&self, txn: &Txn, mail: &Mail) -> Result<()> {
        self.insert_mail(txn, mail, true).await
    }

    /// Does the work of [`Store::post`] for nobody, so that it cannot be told whether somebody was written to.
    pub(crate) async fn post_to_nobody(&self, txn: &Txn, mail: &Mail) -> Result<()> {
        self.insert_mail(txn, mail, false).await
    }

    async fn insert_mail(&self, txn: &Txn, mail: &Mail, real: bool) -> Result<()> {
        let now = self.clock.now();
        let said = |text: &str| if real { text.to_owned() } else { String::new() };
        let row = Model {
            id: mail.id.to_string(),
            kind: mail.occasion.name().to_owned(),
            recipient: said(mail.to.as_str()),
            subject: said(&mail.subject),
            text: said(&mail.text),
            html: Some(said(&mail.html)),
            created_at: now,
            expires_at: mail.expires_at,
            sent_at: (!real).then_some(now),
            dead_at: None,
            attempts: 0,
            next_at: real.then_some(now),
            last_error: None,
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Takes mails that are due in hand, for as long as `held`. Of several who want one, one gets it.
    pub(crate) async fn claim_mails(&self, most: u64, held: TimeDelta) -> Result<Vec<Claimed>> {
        let now = self.clock.now();
        let due = Entity::find()
            .filter(Column::NextAt.lte(now))
            .order_by_asc(Column::NextAt)
            .limit(most)
            .all(self.db.reader());
        let due = due.await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let txn = self.db.begin().await?;
        let mut claimed = Vec::with_capacity(due.len());
        for row in due {
            let taken = Entity::update_many()
                .col_expr(Column::Attempts, Expr::value(row.attempts.saturating_add(1)))
                .col_expr(Column::NextAt, Expr::value(now + held))
                .filter(Column::Id.eq(&row.id))
                .filter(Column::Attempts.eq(row.attempts))
                .filter(Column::NextAt.lte(now))
                .exec(&*txn)
                .await?;
            if taken.rows_affected == 1 {
                claimed.push(row.claimed());
            }
        }
        txn.commit().await?;
        Ok(claimed)
    }

    /// Forgets what a mail said: a server has it.
    pub(crate) async fn mail_sent(&self, id: &str) -> Result<()> {
        let changes = ActiveModel {
            sent_at: Set(Some(self.clock.now())),
            next_at: Set(None),
            last_error: Set(None),
            text: Set(String::new()),
            html: Set(None),
            ..Default::default()
        };
        self.change_mail(id, changes).await
    }

    pub(crate) async fn mail_again(&self, id: &str, at: DateTime<Utc>, cause: &str) -> Result<()> {
        let changes =
            ActiveModel { next_at: Set(Some(at)), last_error: Set(Some(cause.to_owned())), ..Default::default() };
        self.change_mail(id, changes).await
    }

    /// Tries a mail no more. That it was given up and why is kept; what it said is forgotten, for links in it may hold.
    pub(crate) async fn mail_dead(&self, id: &str, cause: &str) -> Result<()> {
        let changes = ActiveModel {
            dead_at: Set(Some(self.clock.now())),
            next_at: Set(None),
            last_error: Set(Some(cause.to_owned())),
            text: Set(String::new()),
            html: Set(None),
            ..Default::default()
        };
        self.change_mail(id, changes).await
    }

    async fn change_mail(&self, id: &str, changes: ActiveModel) -> Result<()> {
        let txn = self.db.begin().await?;
        Entity::update_many()
            .set(changes)
            .filter(Column::Id.eq(id))
            .filter(Column::SentAt.is_null())
            .exec(&*txn)
            .await?;
        Ok(txn.commit().await?)
    }
}

impl Model {
    fn claimed(self) -> Claimed {
        Claimed {
            id: self.id,
            kind: self.kind,
            recipient: self.recipient,
            subject: self.subject,
            text: self.text,
            html: self.html,
            expires_at: self.expires_at,
            attempts: u32::try_from(self.attempts).unwrap_or_default().saturating_add(1),
        }
    }
}

/// How it stands with a mail, for whoever looks after them and for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailState {
    pub id: Uuid,
    pub kind: String,
    pub is_sent: bool,
    pub is_dead: bool,
    pub attempts: i32,
    pub last_error: Option<String>,
    /// Whether what it says is still kept.
    pub has_body: bool,
}

impl Store {
    /// How it stands with every mail, in the order in which they were written.
    pub async fn mail_states(&self) -> Result<Vec<MailState>> {
        let rows = Entity::find().order_by_asc(Column::Id).all(self.db.reader()).await?;
        let states = rows.into_iter().map(|row| {
            Ok(MailState {
                id: Uuid::parse_str(&row.id)?,
                kind: row.kind,
                is_sent: row.sent_at.is_some(),
                is_dead: row.dead_at.is_some(),
                attempts: row.attempts,
                last_error: row.last_error,
                has_body: !row.text.is_empty() || row.html.is_some_and(|html| !html.is_empty()),
            })
        });
        states.collect()
    }
}

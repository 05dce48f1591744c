//! Every place in the users database where something rests that is somebody's own.
//!
//! A table with a `user_id` stands in [`PLACES`], or a test asks why not.

use kit::db::Among;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{FromQueryResult, QuerySelect, Set};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use vocab::{Email, SessionId, UserId};

use super::{Store, mail, one_use_token, session};
use crate::account::Account;

/// What others see in the place of the name of somebody who was forgotten.
const FORMER: &str = "A former customer";
const LAST_MAIL: &str = "account-erased";

/// Rows that are one user's. They are handed over without what only machines need, and deleted when the user goes.
struct Place {
    /// What it is called in an export.
    part: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
}

const PLACES: [Place; 8] = [
    Place {
        part: "addresses",
        table: "saved_address",
        columns: &[
            "name",
            "line1",
            "line2",
            "city",
            "region",
            "postal_code",
            "country",
            "default_shipping",
            "default_billing",
            "created_at",
        ],
    },
    Place { part: "preferences", table: "preferences", columns: &["language", "currency"] },
    Place { part: "consents", table: "consent", columns: &["purpose", "given", "source", "created_at"] },
    Place { part: "identities", table: "identity", columns: &["provider", "subject", "created_at"] },
    Place { part: "devices", table: "known_device", columns: &["created_at", "last_used_at"] },
    Place { part: "secondFactor", table: "second_factor", columns: &["created_at", "confirmed_at"] },
    Place { part: "recoveryCodes", table: "recovery_code", columns: &["created_at"] },
    Place { part: "links", table: "one_use_token", columns: &["purpose", "email", "created_at", "expires_at"] },
];
const SESSION: Place = Place { part: "sessions", table: "session", columns: &["device", "created_at", "last_used_at"] };
const MAIL: Place = Place { part: "mails", table: "mail", columns: &["kind", "subject", "created_at", "sent_at"] };
/// What staff did to the account. It stays: it names nobody but by their ids.
const DEEDS: Place = Place { part: "deedsOfStaff", table: "audit_entry", columns: &["action", "at"] };

impl Place {
    fn select(&self, owner: &'static str, is: &str) -> SelectStatement {
        let mut select = Query::select();
        select.columns(self.columns.iter().copied()).from(self.table).and_where(Expr::col(owner).eq(is));
        select
    }
}

impl Store {
    /// All that users holds on somebody.
    pub(crate) async fn held_on(&self, txn: &Txn, account: &Account) -> Result<Value> {
        let (user, mut held) = (account.id.as_str(), Map::new());
        let told = json!({
            "id": account.id,
            "email": account.email,
            "emailVerifiedAt": account.email_verified_at,
            "displayName": account.display_name.as_str(),
            "role": account.role,
            "permissions": account.permissions.names(),
            "createdAt": account.created_at,
        });
        held.insert("account".to_owned(), told);
        let own = PLACES.iter().chain([&SESSION]).map(|place| (place, place.select("user_id", user)));
        let mails = MAIL.select("recipient", account.email.as_str());
        let others = [(&MAIL, mails), (&DEEDS, DEEDS.select("subject", user))];
        for (place, select) in own.chain(others) {
            let statement = txn.get_database_backend().build(&select);
            let rows = Value::find_by_statement(statement).all(&**txn).await?;
            held.insert(place.part.to_owned(), rows.into_iter().map(in_camel_case).collect());
        }
        Ok(Value::Object(held))
    }

    /// Forgets everything about somebody but that there was an account with this id, and the last mail to them.
    pub(crate) async fn forget_user(&self, txn: &Txn, user: &UserId, last_mail: Option<Uuid>) -> Result<()> {
        self.forget_mails(txn, user, last_mail).await?;
        for place in &PLACES {
            let mut delete = Query::delete();
            delete.from_table(place.table).and_where(Expr::col("user_id").eq(user.as_str()));
            txn.execute(&delete).await?;
        }
        // Others still hear for a while which sessions have ended; what the devices were called is nobody's business.
        session::Entity::update_many()
            .set(session::ActiveModel { device: Set(None), ..Default::default() })
            .filter(session::Column::UserId.eq(user.as_str()))
            .exec(&**txn)
            .await?;
        Self::forget_exports(txn, user).await?;
        Self::anonymise_account(txn, user).await
    }

    /// Mails stand by their addresses: the account's, and those that links were sent to.
    async fn forget_mails(&self, txn: &Txn, user: &UserId, but: Option<Uuid>) -> Result<()> {
        let links = one_use_token::Entity::find().select_only().column(one_use_token::Column::Email);
        let links = links.filter(one_use_token::Column::UserId.eq(user.as_str()));
        let mut addresses: Vec<String> = links.into_tuple().all(&**txn).await?;
        addresses.extend(Self::account_in(txn, user).await?.map(|account| account.email.as_str().to_owned()));
        let mut theirs = mail::Entity::delete_many().filter(mail::Column::Recipient.among(addresses));
        if let Some(but) = but {
            theirs = theirs.filter(mail::Column::Id.ne(but.to_string()));
        }
        theirs.exec(&**txn).await?;
        Ok(())
    }

    /// The mail that tells its reader that it is the last one.
    pub(crate) async fn last_mail_to(txn: &Txn, email: &Email) -> Result<Option<Uuid>> {
        let found: Option<String> = mail::Entity::find()
            .select_only()
            .column(mail::Column::Id)
            .filter(mail::Column::Recipient.eq(email.as_str()))
            .filter(mail::Column::Kind.eq(LAST_MAIL))
            .filter(mail::Column::SentAt.is_null())
            .into_tuple()
            .one(&**txn)
            .await?;
        Ok(found.as_deref().map(Uuid::parse_str).transpose()?)
    }

    /// Whether a mail is sent, or will not be.
    pub(crate) async fn mail_is_settled(&self, id: Option<Uuid>) -> Result<bool> {
        let Some(id) = id else { return Ok(true) };
        let waiting = mail::Entity::find_by_id(id.to_string())
            .filter(mail::Column::SentAt.is_null())
            .filter(mail::Column::DeadAt.is_null());
        Ok(waiting.count(self.db.reader()).await? == 0)
    }

    pub(crate) async fn forget_mail(txn: &Txn, id: Option<Uuid>) -> Result<()> {
        if let Some(id) = id {
            mail::Entity::delete_by_id(id.to_string()).exec(&**txn).await?;
        }
        Ok(())
    }

    /// The row stays, so that orders and reviews still have an owner with an id. Nobody has an address under `.invalid`,
    /// and nobody signs in without a password.
    async fn anonymise_account(txn: &Txn, user: &UserId) -> Result<()> {
        use super::account::{ActiveModel, Column, Entity};
        let nobody = ActiveModel {
            email: Set(format!("{user}@erased.invalid")),
            password_hash: Set(String::new()),
            display_name: Set(FORMER.to_owned()),
            permissions: Set(String::new()),
            role: Set("user".to_owned()),
            email_verified_at: Set(None),
            registered_at: Set(None),
            ..Default::default()
        };
        Entity::update_many().set(nobody).filter(Column::Id.eq(user.as_str())).exec(&**txn).await?;
        Ok(())
    }

    /// Whether this session of the user goes on and began after this.
    pub(crate) async fn signed_in_since(&self, id: &SessionId, user: &UserId, since: DateTimeUtc) -> Result<bool> {
        let found = session::Entity::find_by_id(id.as_str())
            .filter(session::Column::UserId.eq(user.as_str()))
            .filter(session::Column::EndedAt.is_null())
            .filter(session::Column::CreatedAt.gte(since));
        Ok(found.count(self.db.reader()).await? > 0)
    }
}

/// A row with its columns as clients know names.
fn in_camel_case(row: Value) -> Value {
    let Value::Object(fields) = row else { return row };
    let named = fields.into_iter().map(|(name, value)| {
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        let named = words.fold(first, |named, word| {
            let (head, rest) = word.split_at(word.len().min(1));
            named + &head.to_uppercase() + rest
        });
        (named, value)
    });
    Value::Object(named.collect())
}

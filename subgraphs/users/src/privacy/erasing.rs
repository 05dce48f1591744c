//! Somebody is forgotten.

use std::net::IpAddr;

use kit::identity::audit::AuditEvent;
use kit::identity::privacy::{Ask, ERASE, Erase};
use kit::{Result, Signed, Txn};
use vocab::{ErasureId, SessionId, UserId};

use super::{KEEPERS, Privacy, hash_for};
use crate::erasure::{Erasure, ORDERS};
use crate::mail::Occasion;
use crate::store::Store;
use crate::throttle::{Attempt, TooManyAttempts, lane_of_session};

/// What became of the wish that somebody be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erasing {
    /// It has begun, with this or before.
    Begun(Box<Erasure>),
    WrongPassword,
    /// There is no password to show, and the sign-in is too long ago.
    SignInAgain,
    TooManyAttempts(TooManyAttempts),
    /// There is no such user.
    NotThere,
    /// Nobody has somebody erased who may do more than they.
    HoldsMore,
    /// Somebody always owns the shop: another owner comes first.
    LastOwner,
}

/// What a keeper is told of an erasure.
struct Wanted<'a> {
    id: &'a ErasureId,
    user: &'a UserId,
    texts_too: bool,
    email_hash: Option<String>,
}

impl Privacy {
    /// Erases somebody who shows that it is them: by their password, or where they have none by a sign-in just now.
    pub async fn erase_own(
        &self,
        user: &UserId,
        session: Option<&SessionId>,
        password: Option<String>,
        texts_too: bool,
        client: Option<IpAddr>,
    ) -> Result<Erasing> {
        let lane = lane_of_session(user, session);
        if let Err(refused) = self.throttle.admit(Attempt::Login, Some(&lane), client).await {
            return Ok(Erasing::TooManyAttempts(refused));
        }
        match self.store.password_of(user).await? {
            Some(hash) => {
                if !self.hashing.matches(password.unwrap_or_default(), Some(hash)).await? {
                    return Ok(Erasing::WrongPassword);
                }
            }
            None => {
                let since = self.store.clock().now() - self.settings.fresh_sign_in();
                let fresh = match session {
                    Some(session) => self.store.signed_in_since(session, user, since).await?,
                    None => false,
                };
                if !fresh {
                    return Ok(Erasing::SignInAgain);
                }
            }
        }
        self.begin(user, None, texts_too).await
    }

    /// Erases somebody on behalf of the shop, which keeps a record of that.
    pub async fn erase_for(&self, staff: &Signed, user: &UserId, texts_too: bool) -> Result<Erasing> {
        self.begin(user, Some(staff), texts_too).await
    }

    async fn begin(&self, user: &UserId, staff: Option<&Signed>, texts_too: bool) -> Result<Erasing> {
        let txn = self.store.begin().await?;
        let owners = Store::owners_in_hand(&txn).await?;
        let account = Store::account_in_hand(&txn, user).await?.map(|(account, _)| account);
        let refused = match (&account, staff) {
            (Some(account), Some(staff)) if !account.permissions.hold_no_more_than(&staff.permissions) => {
                Some(Erasing::HoldsMore)
            }
            _ if owners.as_slice() == std::slice::from_ref(user) => Some(Erasing::LastOwner),
            _ => None,
        };
        if let Some(refused) = refused {
            txn.rollback().await?;
            return Ok(refused);
        }
        let id = ErasureId::generate();
        let by = staff.map(|staff| staff.user_id.as_str());
        let account = match account {
            Some(account) if self.store.insert_erasure(&txn, &id, user, by, texts_too).await? => account,
            _ => {
                txn.rollback().await?;
                let begun = self.store.erasure_of(user).await?;
                return Ok(begun.map_or(Erasing::NotThere, |erasure| Erasing::Begun(Box::new(erasure))));
            }
        };
        let ended = self.sessions.end_others(&txn, user, None).await?;
        let email_hash = hash_for(ORDERS, &account);
        self.ask(&txn, ORDERS, 1, Wanted { id: &id, user, texts_too, email_hash }).await?;
        if let Some(staff) = staff {
            let deed = AuditEvent::of(staff, "user.erase", user.as_str(), self.store.clock().now());
            txn.record(&deed.with_detail(serde_json::json!({ "textsToo": texts_too }))).await?;
        }
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        let begun = self.store.erasure(&id).await?;
        Ok(begun.map_or(Erasing::NotThere, |erasure| Erasing::Begun(Box::new(erasure))))
    }

    /// The account goes, and everybody else is asked. Gives the sessions that end with that.
    pub(super) async fn close(&self, txn: &Txn, erasure: &Erasure) -> Result<Vec<SessionId>> {
        let Erasure { id, user_id, texts_too, .. } = erasure;
        let ended = self.sessions.end_others(txn, user_id, None).await?;
        let mail = match Store::account_in(txn, user_id).await? {
            Some(account) => {
                self.emails.notice(txn, Occasion::AccountErased, &account).await?;
                Store::last_mail_to(txn, &account.email).await?
            }
            None => None,
        };
        self.store.forget_user(txn, user_id, mail).await?;
        self.store.erasure_closed(txn, id, mail).await?;
        for (keeper, pass) in KEEPERS.into_iter().flat_map(|keeper| [(keeper, 1), (keeper, 2)]) {
            if (keeper, pass) != (ORDERS, 1) {
                let wanted = Wanted { id, user: user_id, texts_too: *texts_too, email_hash: None };
                self.ask(txn, keeper, pass, wanted).await?;
            }
        }
        Ok(ended)
    }

    /// Asks a keeper to forget. What is asked a second time is asked when no access token is left.
    async fn ask(&self, txn: &Txn, keeper: &str, pass: i32, erase: Wanted<'_>) -> Result<()> {
        let Wanted { id, user, texts_too, email_hash } = erase;
        let ask =
            Ask { request_id: id.to_string(), keeper: keeper.to_owned(), pass, user_id: user.as_str().to_owned() };
        let body = Erase { ask: ask.clone(), texts_too, email_hash };
        let later = (pass > 1).then(|| self.store.clock().now() + self.settings.settle());
        self.store.ask_keeper(txn, ERASE, &ask, &body, later, self.settings.step_timeout()).await
    }

    /// Forgets the address as well, once everybody has answered and the last mail is out. False when it is not time.
    pub(super) async fn finish(&self, id: &ErasureId) -> Result<bool> {
        let Some(erasure) = self.store.erasure(id).await? else { return Ok(false) };
        let given_up = erasure.closed_at.is_some_and(|at| at + self.settings.last_mail() <= self.store.clock().now());
        if !erasure.all_answered() || !(given_up || self.store.mail_is_settled(erasure.mail_id).await?) {
            return Ok(false);
        }
        if let Some(dead_letters) = &self.dead_letters {
            dead_letters.discard_about(erasure.user_id.as_str()).await?;
        }
        let txn = self.store.begin().await?;
        let still = Store::erasure_in_hand(&txn, id.as_str()).await?;
        if still.is_none_or(|erasure| erasure.done_at.is_some()) {
            txn.rollback().await?;
            return Ok(false);
        }
        // Again: a request that was under way when the account was closed may have written since.
        self.store.forget_user(&txn, &erasure.user_id, None).await?;
        Store::forget_mail(&txn, erasure.mail_id).await?;
        self.store.erasure_done(&txn, id).await?;
        txn.commit().await?;
        Ok(true)
    }
}

//! Second factors from their beginning to their end, and showing once more who one is.

use std::net::IpAddr;
use std::sync::Arc;

use kit::identity::audit::AuditEvent;
use kit::{Result, Role, Signed, Txn};
use vocab::{SessionId, UserId};

use crate::account::Account;
use crate::account_emails::AccountEmails;
use crate::admission::Arrival;
use crate::admission::SignedIn;
use crate::mail::Occasion;
use crate::one_use::{OneUseToken, Purpose};
use crate::password::Hashing;
use crate::second_factor::{RecoveryCode, Seed};
use crate::session::{Method, Proof};
use crate::sessions::Sessions;
use crate::store::{Grant, Store};
use crate::throttle::{Attempt, Guess, Place, Throttle, TooManyAttempts, lane_of_session};
use crate::token::AccessToken;

/// Where attempts at a code queue.
enum Lane {
    Own(String),
    Strangers(Place),
}

/// Gives accounts a second factor, asks for it, and takes it away.
#[derive(Clone)]
pub struct SecondFactors {
    store: Store,
    hashing: Hashing,
    sessions: Sessions,
    throttle: Throttle,
    emails: AccountEmails,
}

/// What an app needs to make codes.
#[derive(Clone, Debug)]
pub struct Offered {
    pub secret: String,
    pub url: String,
}

/// What became of the code that shows that an app holds the seed.
#[derive(Clone, Debug)]
pub enum Confirming {
    /// From now on a code is asked for. These are for who loses the app.
    On(Vec<RecoveryCode>),
    NotOffered,
    WrongCode,
    TooManyAttempts(TooManyAttempts),
}

/// What became of the second step of a sign-in.
#[derive(Clone, Debug)]
pub enum SecondStep {
    SignedIn(SignedIn),
    TicketExpired,
    WrongCode,
    TooManyAttempts(TooManyAttempts),
}

/// What became of showing once more who one is.
#[derive(Clone, Debug)]
pub enum SteppedUp {
    Done(AccessToken),
    WrongPassword,
    WrongCode,
    /// The account has a second factor, and that is what counts.
    CodeNeeded,
    /// The account has neither a password nor a second factor.
    SignInAgain,
    SessionEnded,
    TooManyAttempts(TooManyAttempts),
}

impl SecondFactors {
    pub fn new(store: Store, hashing: Hashing, sessions: Sessions, throttle: Throttle, emails: AccountEmails) -> Self {
        Self { store, hashing, sessions, throttle, emails }
    }

    /// Whether signing in to this account takes a code.
    pub async fn has(&self, user: &UserId) -> Result<bool> {
        Ok(self.store.second_factor_since(user).await?.is_some())
    }

    /// A seed for an app, which counts once it is confirmed. None where the account has a second factor already, or is
    /// gone.
    pub async fn offer(&self, user: &UserId) -> Result<Option<Offered>> {
        let seed = Seed::generate()?;
        let txn = self.store.begin().await?;
        let Some(account) = Store::account_in(&txn, user).await? else {
            txn.rollback().await?;
            return Ok(None);
        };
        if !self.store.offer_second_factor(&txn, user, &seed).await? {
            txn.rollback().await?;
            return Ok(None);
        }
        txn.commit().await?;
        let url = seed.url(self.emails.shop(), account.email.as_str())?;
        Ok(Some(Offered { secret: seed.base32(), url }))
    }

    /// The code shows that an app holds the seed. Other sessions, which never showed one, end.
    pub async fn confirm(
        &self,
        actor: &Signed,
        user: &UserId,
        session: Option<&SessionId>,
        code: &str,
        client: Option<IpAddr>,
    ) -> Result<Confirming> {
        let lane = lane_of_session(user, session);
        if let Err(refused) = self.throttle.admit(Attempt::StepUp, Some(&lane), client).await {
            return Ok(Confirming::TooManyAttempts(refused));
        }
        let txn = self.store.begin().await?;
        let account = Store::account_in_hand(&txn, user).await?;
        let offered =
            self.store.second_factor_in_hand(&txn, user).await?.filter(|factor| factor.confirmed_at.is_none());
        let (Some((account, _)), Some(factor)) = (account, offered) else {
            txn.rollback().await?;
            return Ok(Confirming::NotOffered);
        };
        if !self.takes_code(&txn, user, &factor.seed, code).await? {
            txn.rollback().await?;
            return Ok(Confirming::WrongCode);
        }
        self.store.confirm_second_factor(&txn, user).await?;
        let codes = RecoveryCode::generate()?;
        self.store.keep_recovery_codes(&txn, user, &codes).await?;
        if let Some(session) = session {
            self.prove(&txn, user, session, Method::Otp).await?;
        }
        Store::revoke_tokens(&txn, user).await?;
        let ended = self.sessions.end_others(&txn, user, session).await?;
        self.emails.notice(&txn, Occasion::SecondFactorAdded, &account).await?;
        self.record(&txn, actor, &account, "user.second_factor.add").await?;
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        self.throttle.forgive(Attempt::StepUp, &lane).await;
        Ok(Confirming::On(codes))
    }

    /// Takes the second factor away, and from every session what was shown with it. False where there was none.
    pub async fn remove(&self, actor: &Signed, user: &UserId) -> Result<bool> {
        let txn = self.store.begin().await?;
        let account = Store::account_in_hand(&txn, user).await?;
        let (Some((account, _)), true) = (account, Store::remove_second_factor(&txn, user).await?) else {
            txn.rollback().await?;
            return Ok(false);
        };
        self.emails.notice(&txn, Occasion::SecondFactorRemoved, &account).await?;
        self.record(&txn, actor, &account, "user.second_factor.remove").await?;
        txn.commit().await?;
        Ok(true)
    }

    /// Lets somebody in who has shown a first factor before, and the second one now.
    pub async fn sign_in(
        &self,
        ticket: &str,
        code: &str,
        arrival: Arrival,
        client: Option<IpAddr>,
    ) -> Result<SecondStep> {
        if let Err(refused) = self.throttle.admit(Attempt::SecondFactor, None, client).await {
            return Ok(SecondStep::TooManyAttempts(refused));
        }
        let ticket = OneUseToken::presented(ticket);
        let Some(grant) = self.store.grant_of(&ticket, Purpose::SecondFactor).await? else {
            return Ok(SecondStep::TicketExpired);
        };
        let lane = match self.lane(&grant, &arrival, client).await? {
            Ok(lane) => lane,
            Err(refused) => return Ok(SecondStep::TooManyAttempts(refused)),
        };
        let txn = self.store.begin().await?;
        let Some(grant) = self.store.take_token(&txn, &ticket, Purpose::SecondFactor).await? else {
            txn.rollback().await?;
            return Ok(SecondStep::TicketExpired);
        };
        let Some((account, _)) = Store::account_in_hand(&txn, &grant.user_id).await? else {
            txn.rollback().await?;
            return Ok(SecondStep::TicketExpired);
        };
        if !self.takes(&txn, &account, code).await? {
            txn.rollback().await?;
            return Ok(SecondStep::WrongCode);
        }
        let mut methods = Proof::read(grant.detail.as_deref().unwrap_or_default());
        methods.push(Method::Otp);
        let signed_in = self.sessions.begin(&txn, Arc::new(account), arrival, &methods).await?;
        txn.commit().await?;
        match lane {
            Lane::Own(lane) => self.throttle.forgive(Attempt::SecondFactor, &lane).await,
            Lane::Strangers(place) => self.throttle.leave(&place).await,
        }
        Ok(SecondStep::SignedIn(signed_in))
    }

    /// Where somebody tries a code: on a device that the owner signed in on before, or among the strangers who have shown
    /// a first factor. So who knows the password uses up no attempt of the owner's. The owner hears of those who go on.
    async fn lane(
        &self,
        grant: &Grant,
        arrival: &Arrival,
        client: Option<IpAddr>,
    ) -> Result<Result<Lane, TooManyAttempts>> {
        let user = &grant.user_id;
        if let Some(token) = &arrival.token
            && self.sessions.knows(token, user).await?
        {
            let lane = format!("{user} {}", token.hash());
            let admitted = self.throttle.admit(Attempt::SecondFactor, Some(&lane), None).await;
            return Ok(admitted.map(|()| Lane::Own(lane)));
        }
        let place = match self.throttle.queue(Guess::Code, user.as_str(), client).await {
            Ok(place) => place,
            Err(refused) => return Ok(Err(refused)),
        };
        let email = grant.email.as_str();
        if place.is_suspect && self.throttle.may_tell(email).await {
            let account = self.store.account(user).await?;
            self.emails.tell_of_attempts(email, account.as_ref()).await?;
        }
        Ok(Ok(Lane::Strangers(place)))
    }

    /// Shows once more, in a session that goes on, who one is: with a code where the account has a second factor, else
    /// with its password.
    pub async fn step_up(
        &self,
        user: &UserId,
        session: &SessionId,
        password: Option<String>,
        code: Option<String>,
        client: Option<IpAddr>,
    ) -> Result<SteppedUp> {
        let lane = lane_of_session(user, Some(session));
        if let Err(refused) = self.throttle.admit(Attempt::StepUp, Some(&lane), client).await {
            return Ok(SteppedUp::TooManyAttempts(refused));
        }
        let needs_code = self.store.second_factor_since(user).await?.is_some();
        let method = if needs_code { Method::Otp } else { Method::Password };
        if !needs_code {
            let Some(hash) = self.store.password_of(user).await? else { return Ok(SteppedUp::SignInAgain) };
            if !self.hashing.matches(password.unwrap_or_default(), Some(hash)).await? {
                return Ok(SteppedUp::WrongPassword);
            }
        }
        let txn = self.store.begin().await?;
        let Some((account, _)) = Store::account_in_hand(&txn, user).await? else {
            txn.rollback().await?;
            return Ok(SteppedUp::SessionEnded);
        };
        if needs_code {
            let Some(code) = code else {
                txn.rollback().await?;
                return Ok(SteppedUp::CodeNeeded);
            };
            if !self.takes(&txn, &account, &code).await? {
                txn.rollback().await?;
                return Ok(SteppedUp::WrongCode);
            }
        }
        let Some(proof) = self.prove(&txn, user, session, method).await? else {
            txn.rollback().await?;
            return Ok(SteppedUp::SessionEnded);
        };
        let token = self.sessions.token(&account, session, Some(&proof))?;
        txn.commit().await?;
        self.throttle.forgive(Attempt::StepUp, &lane).await;
        Ok(SteppedUp::Done(token))
    }

    /// Whether this is a code of now, or a recovery code, that was not used before. It is with this.
    async fn takes(&self, txn: &Txn, account: &Account, code: &str) -> Result<bool> {
        let factor = self.store.second_factor_in_hand(txn, &account.id).await?;
        let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_some()) else { return Ok(false) };
        if self.takes_code(txn, &account.id, &factor.seed, code).await? {
            return Ok(true);
        }
        let Some(code) = RecoveryCode::presented(code) else { return Ok(false) };
        let used = Store::use_recovery_code(txn, &account.id, &code).await?;
        if used {
            self.emails.notice(txn, Occasion::RecoveryCodeUsed, account).await?;
        }
        Ok(used)
    }

    async fn takes_code(&self, txn: &Txn, user: &UserId, seed: &Seed, code: &str) -> Result<bool> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        match seed.step_of(&digits, self.store.clock().now())? {
            Some(step) => Store::use_step(txn, user, step).await,
            None => Ok(false),
        }
    }

    /// The session is proven anew, also by what was shown in it before. None where it does not go on.
    async fn prove(&self, txn: &Txn, user: &UserId, session: &SessionId, method: Method) -> Result<Option<Proof>> {
        let Some(before) = Store::session_in_hand(txn, session, user).await? else { return Ok(None) };
        let mut methods = before.proof.map(|proof| proof.methods).unwrap_or_default();
        methods.push(method);
        methods.sort();
        methods.dedup();
        let proof = Proof { at: self.store.clock().now(), methods };
        Store::prove(txn, session, &proof).await?;
        Ok(Some(proof))
    }

    /// What the staff does to its own accounts stands in the audit log as well.
    async fn record(&self, txn: &Txn, actor: &Signed, account: &Account, action: &str) -> Result<()> {
        if account.role != Role::User {
            txn.record(&AuditEvent::of(actor, action, account.id.as_str(), self.store.clock().now())).await?;
        }
        Ok(())
    }
}

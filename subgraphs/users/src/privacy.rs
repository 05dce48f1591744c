//! What a person may ask of the shop about themselves: to be given all that it holds on them, and to be forgotten.
//!
//! Both are sagas of users. A row says what every keeper was asked; a keeper that does not answer is asked again, under
//! the same id; the answers move the saga on. Orders is asked first whether it can forget somebody, and says "not yet"
//! while a parcel is on its way: the account stays as it is until then. Once orders has forgotten, the account goes in
//! one transaction, with its sessions, and the other keepers are asked. All are asked a last time when no access token
//! of the person can be believed any more: until then orders that were made as a guest could still become theirs.

mod erasing;
mod exporting;
mod hearing;
mod settings;
mod watch;

use kit::messaging::DeadLetters;

pub use erasing::Erasing;
pub use hearing::PrivacyReplies;
pub use settings::PrivacySettings;

use crate::account::Account;
use crate::account_emails::AccountEmails;
use crate::erasure::ORDERS;
use crate::password::Hashing;
use crate::sessions::Sessions;
use crate::store::Store;
use crate::throttle::Throttle;

/// Gives people what the shop holds on them, and forgets them.
#[derive(Clone)]
pub struct Privacy {
    store: Store,
    hashing: Hashing,
    sessions: Sessions,
    throttle: Throttle,
    emails: AccountEmails,
    settings: PrivacySettings,
    /// Where messages lie that nobody could handle, with what stands in them.
    dead_letters: Option<DeadLetters>,
}

/// What users is called among the keepers.
const OURSELVES: &str = "users";
/// Who keeps something on people, besides us.
const KEEPERS: [&str; 4] = [ORDERS, "payments", "reviews", "shipping"];

impl Privacy {
    pub fn new(
        store: Store,
        hashing: Hashing,
        sessions: Sessions,
        throttle: Throttle,
        emails: AccountEmails,
        settings: PrivacySettings,
    ) -> Self {
        Self { store, hashing, sessions, throttle, emails, settings, dead_letters: None }
    }

    /// Looks for people among the dead letters, too.
    pub fn with_dead_letters(self, dead_letters: DeadLetters) -> Self {
        Self { dead_letters: Some(dead_letters), ..self }
    }
}

/// What a keeper needs of an address that the user has verified: orders may have been made with it as a guest.
fn hash_for(keeper: &str, account: &Account) -> Option<String> {
    account.email_verified_at.filter(|_| keeper == ORDERS)?;
    Some(kit::identity::token::email_hash(account.email.as_str()))
}

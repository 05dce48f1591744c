//! How long rows are kept that have done their work.

use chrono::TimeDelta;
use kit::Retention;

use super::{account, known_device, mail, one_use_token, session};
use crate::Settings;
use crate::session::TOLD_FOR;

/// How long it is known that a mail was sent, or why it was not.
const MAILS_LAST: TimeDelta = TimeDelta::days(30);
/// One for nobody was only written to take as long as one for somebody.
const MAILS_TO_NOBODY_LAST: TimeDelta = TimeDelta::hours(1);

/// Anybody registers with anybody's address. Nobody gets into such an account, and the link to verify it holds for a day.
const UNVERIFIED_LAST: TimeDelta = TimeDelta::days(30);

impl Settings {
    /// What this subgraph forgets in time.
    pub fn retention(&self) -> [Retention; 8] {
        let mails_sent = |age| Retention::of::<mail::Entity>(mail::Column::SentAt, age);
        [
            Retention::of::<session::Entity>(session::Column::LastUsedAt, self.session_life()),
            // Others have to hear of it as long as an access token may stand.
            Retention::of::<session::Entity>(session::Column::EndedAt, TOLD_FOR),
            Retention::of::<known_device::Entity>(known_device::Column::LastUsedAt, self.device_life()),
            Retention::of::<one_use_token::Entity>(one_use_token::Column::ExpiresAt, TimeDelta::zero()),
            mails_sent(MAILS_LAST),
            mails_sent(MAILS_TO_NOBODY_LAST).only("recipient = ''"),
            Retention::of::<mail::Entity>(mail::Column::DeadAt, MAILS_LAST),
            Retention::of::<account::Entity>(account::Column::RegisteredAt, UNVERIFIED_LAST)
                .only("email_verified_at IS NULL"),
        ]
    }
}

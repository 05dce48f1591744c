//! How long rows are kept that are no books.

use chrono::TimeDelta;
use kit::Retention;

use super::{cart, idempotency, link};
use crate::Settings;

/// No client goes on trying for longer. Stripe, whose rules these are, remembers for a day at least.
const REQUESTS_LAST: TimeDelta = TimeDelta::days(30);

impl Settings {
    /// What this subgraph forgets in time.
    pub fn retention(&self) -> [Retention; 3] {
        let links_count = TimeDelta::seconds(i64::from(self.links_seconds));
        let links_hold = TimeDelta::minutes(i64::from(self.link_minutes));
        [
            // A cart in checkout stays; of one that became an order, the order has all that was in it.
            Retention::of::<cart::Entity>(cart::Column::ExpiresAt, TimeDelta::zero()).only("state <> 'CHECKING_OUT'"),
            // As long as the cart that a request is about: whoever sends it once more after that finds the cart changed or
            // gone, and buys nothing twice.
            Retention::of::<idempotency::Entity>(idempotency::Column::CreatedAt, REQUESTS_LAST.max(self.cart_life())),
            // One that is over still counts for a while.
            Retention::of::<link::Entity>(link::Column::ExpiresAt, (links_count - links_hold).max(TimeDelta::zero())),
        ]
    }
}

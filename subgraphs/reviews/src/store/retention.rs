//! What is kept, and for how long.

use chrono::TimeDelta;
use kit::Retention;

use super::{heard_order, submission};

/// No client goes on trying for longer.
const SUBMISSIONS: TimeDelta = TimeDelta::days(30);
/// No message is on its way for longer.
const ORDERS: TimeDelta = TimeDelta::days(90);

/// What this subgraph forgets in time. Whoever sends a submission again after that has reviewed the product already.
pub fn retention() -> [Retention; 2] {
    [
        Retention::of::<submission::Entity>(submission::Column::CreatedAt, SUBMISSIONS),
        Retention::of::<heard_order::Entity>(heard_order::Column::HeardAt, ORDERS),
    ]
}

//! Where the process may die around a decision, by what was decided on.

use kit::crash_at;

use crate::saga::{Event, Reply};

pub(super) fn before_commit(what: &Event) {
    match what {
        Event::Replied(reply) => match reply {
            Reply::StockReserved => crash_at!("orders:reserved-before-commit"),
            Reply::PaymentAuthorized => crash_at!("orders:authorized-before-commit"),
            Reply::ShipmentCreated => crash_at!("orders:shipped-before-commit"),
            Reply::PaymentCaptured => crash_at!("orders:captured-before-commit"),
            Reply::StockSettled => crash_at!("orders:settled-before-commit"),
            Reply::StockRefused { .. } | Reply::PaymentDeclined { .. } | Reply::ShipmentRefused { .. } => {
                crash_at!("orders:refused-before-commit");
            }
            _ => crash_at!("orders:undone-before-commit"),
        },
        Event::DeadlinePassed | Event::CancelRequested(_) | Event::RefundRequested => {}
        Event::ShipmentDispatched | Event::ShipmentDelivered | Event::ShipmentReturned => {}
    }
}

pub(super) fn after_commit(what: &Event) {
    match what {
        Event::Replied(reply) => match reply {
            Reply::StockReserved => crash_at!("orders:reserved-after-commit"),
            Reply::PaymentAuthorized => crash_at!("orders:authorized-after-commit"),
            Reply::ShipmentCreated => crash_at!("orders:shipped-after-commit"),
            Reply::PaymentCaptured => crash_at!("orders:captured-after-commit"),
            Reply::StockSettled => crash_at!("orders:settled-after-commit"),
            Reply::StockRefused { .. } | Reply::PaymentDeclined { .. } | Reply::ShipmentRefused { .. } => {
                crash_at!("orders:refused-after-commit");
            }
            _ => crash_at!("orders:undone-after-commit"),
        },
        Event::DeadlinePassed | Event::CancelRequested(_) | Event::RefundRequested => {}
        Event::ShipmentDispatched | Event::ShipmentDelivered | Event::ShipmentReturned => {}
    }
}

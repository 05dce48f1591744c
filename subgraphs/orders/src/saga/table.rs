//! The rules as data: in which state which event leads to which action. What is not listed changes nothing.

use super::{Event, Phase, Reply, Step};

/// The kind of an event, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    StockReserved,
    StockRefused,
    StockReleased,
    StockSettled,
    PaymentAuthorized,
    PaymentDeclined,
    PaymentCaptured,
    PaymentVoided,
    ShipmentCreated,
    ShipmentRefused,
    ShipmentCancelled,
    ShipmentRecalled,
    ShipmentCancelRefused,
    StockReturned,
    DeadlinePassed,
    CancelRequested,
    RefundRequested,
    ShipmentDispatched,
    ShipmentDelivered,
    ShipmentReturned,
}

/// In which state a rule applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// The reply to this step is waited for.
    Awaiting(Step),
    /// The checkout is compensating or cancelled, whatever it waits for.
    Compensating,
}

/// What an event leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The step is done; this one is next.
    Advance(Step),
    /// The step is done; the pivot is next, or the compensation if the reservation has expired.
    ApproachPivot,
    /// The pivot is passed: the order is confirmed, and its units are to leave the stock.
    Confirm,
    /// There is nothing left to do.
    Complete,
    /// The step failed: undo what may have taken effect, in reverse.
    Compensate,
    /// The units were gone when they should have left the stock: the order is paid for and cannot be delivered.
    OutOfStock,
    /// A cancellation was requested: undo what may have taken effect, in reverse.
    CompensateOnRequest,
    /// A step is undone; the one before it is next, and after the first the order is cancelled.
    Compensated,
    /// A step cannot be undone any more; the one before it is next all the same.
    CompensationImpossible,
    /// Send the command again. A step that can be compensated is given up after the last attempt.
    Retry,
    /// A success after the step was taken for refused: undo it once, if nothing has.
    LateSuccess,
    /// The parcel cannot be stopped any more. An order whose units have left the stock stands, until staff refund it; one whose
    /// units were gone goes on being cancelled. Cancellations only.
    CancellationRefused,
    /// The parcel is on its way back. This step is next, and the units return once the parcel has. Cancellations only.
    ParcelRecalled(Step),
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub when: When,
    pub event: EventKind,
    pub action: Action,
}

const fn on(step: Step, event: EventKind, action: Action) -> Rule {
    Rule { when: When::Awaiting(step), event, action }
}

const fn late(event: EventKind) -> Rule {
    Rule { when: When::Compensating, event, action: Action::LateSuccess }
}

/// Everything that can happen to a checkout.
pub const TRANSITIONS: &[Rule] = &[
    on(Step::ReserveStock, EventKind::StockReserved, Action::Advance(Step::AuthorizePayment)),
    on(Step::ReserveStock, EventKind::StockRefused, Action::Compensate),
    on(Step::ReserveStock, EventKind::DeadlinePassed, Action::Retry),
    on(Step::ReserveStock, EventKind::CancelRequested, Action::CompensateOnRequest),
    on(Step::AuthorizePayment, EventKind::PaymentAuthorized, Action::Advance(Step::CreateShipment)),
    on(Step::AuthorizePayment, EventKind::PaymentDeclined, Action::Compensate),
    on(Step::AuthorizePayment, EventKind::DeadlinePassed, Action::Retry),
    on(Step::AuthorizePayment, EventKind::CancelRequested, Action::CompensateOnRequest),
    on(Step::CreateShipment, EventKind::ShipmentCreated, Action::ApproachPivot),
    on(Step::CreateShipment, EventKind::ShipmentRefused, Action::Compensate),
    on(Step::CreateShipment, EventKind::DeadlinePassed, Action::Retry),
    on(Step::CreateShipment, EventKind::CancelRequested, Action::CompensateOnRequest),
    on(Step::CapturePayment, EventKind::PaymentCaptured, Action::Confirm),
    on(Step::CapturePayment, EventKind::PaymentDeclined, Action::Compensate),
    on(Step::CapturePayment, EventKind::DeadlinePassed, Action::Retry),
    on(Step::SettleStock, EventKind::StockSettled, Action::Complete),
    on(Step::SettleStock, EventKind::StockRefused, Action::OutOfStock),
    on(Step::SettleStock, EventKind::DeadlinePassed, Action::Retry),
    on(Step::CancelShipment, EventKind::ShipmentCancelled, Action::Compensated),
    // No parcel leaves before the order stands, so what the carrier calls back here had nothing in it.
    on(Step::CancelShipment, EventKind::ShipmentRecalled, Action::Compensated),
    on(Step::CancelShipment, EventKind::ShipmentCancelRefused, Action::CompensationImpossible),
    on(Step::CancelShipment, EventKind::DeadlinePassed, Action::Retry),
    on(Step::VoidPayment, EventKind::PaymentVoided, Action::Compensated),
    on(Step::VoidPayment, EventKind::DeadlinePassed, Action::Retry),
    on(Step::ReleaseStock, EventKind::StockReleased, Action::Compensated),
    on(Step::ReleaseStock, EventKind::DeadlinePassed, Action::Retry),
    late(EventKind::StockReserved),
    late(EventKind::PaymentAuthorized),
    late(EventKind::ShipmentCreated),
];

/// The rule for this, if there is one.
pub fn rule(awaited: Option<Step>, course: Phase, event: EventKind) -> Option<&'static Rule> {
    let turned = matches!(course, Phase::Back | Phase::Cancelled);
    TRANSITIONS.iter().find(|rule| {
        rule.event == event
            && match rule.when {
                When::Awaiting(step) => awaited == Some(step),
                When::Compensating => turned,
            }
    })
}

impl EventKind {
    /// The steps that this is an answer to; the first is the one that it is the success of.
    pub fn answers(self) -> &'static [Step] {
        match self {
            Self::StockReserved => &[Step::ReserveStock],
            Self::StockRefused => &[Step::ReserveStock, Step::SettleStock],
            Self::StockReleased => &[Step::ReleaseStock],
            Self::StockSettled => &[Step::SettleStock],
            Self::PaymentAuthorized => &[Step::AuthorizePayment],
            Self::PaymentDeclined => &[Step::AuthorizePayment, Step::CapturePayment],
            Self::PaymentCaptured => &[Step::CapturePayment],
            Self::PaymentVoided => &[Step::VoidPayment],
            Self::ShipmentCreated | Self::ShipmentRefused => &[Step::CreateShipment],
            Self::ShipmentCancelled | Self::ShipmentRecalled | Self::ShipmentCancelRefused => &[Step::CancelShipment],
            Self::StockReturned => &[Step::ReturnStock],
            Self::DeadlinePassed
            | Self::CancelRequested
            | Self::RefundRequested
            | Self::ShipmentDispatched
            | Self::ShipmentDelivered
            | Self::ShipmentReturned => &[],
        }
    }
}

impl Event {
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Replied(reply) => reply.kind(),
            Self::DeadlinePassed => EventKind::DeadlinePassed,
            Self::CancelRequested(_) => EventKind::CancelRequested,
            Self::RefundRequested => EventKind::RefundRequested,
            Self::ShipmentDispatched => EventKind::ShipmentDispatched,
            Self::ShipmentDelivered => EventKind::ShipmentDelivered,
            Self::ShipmentReturned => EventKind::ShipmentReturned,
        }
    }
}

impl Reply {
    pub fn kind(&self) -> EventKind {
        match self {
            Self::StockReserved => EventKind::StockReserved,
            Self::StockRefused { .. } => EventKind::StockRefused,
            Self::StockReleased => EventKind::StockReleased,
            Self::StockSettled => EventKind::StockSettled,
            Self::PaymentAuthorized => EventKind::PaymentAuthorized,
            Self::PaymentDeclined { .. } => EventKind::PaymentDeclined,
            Self::PaymentCaptured => EventKind::PaymentCaptured,
            Self::PaymentVoided => EventKind::PaymentVoided,
            Self::ShipmentCreated => EventKind::ShipmentCreated,
            Self::ShipmentRefused { .. } => EventKind::ShipmentRefused,
            Self::ShipmentCancelled => EventKind::ShipmentCancelled,
            Self::ShipmentRecalled => EventKind::ShipmentRecalled,
            Self::ShipmentCancelRefused { .. } => EventKind::ShipmentCancelRefused,
            Self::StockReturned => EventKind::StockReturned,
        }
    }
}

impl Action {
    /// The phases that a checkout in `from` may be in afterwards.
    pub fn phases(self, from: Phase) -> &'static [Phase] {
        match (self, from) {
            (Self::Advance(_), Phase::Forward) => &[Phase::Forward],
            (Self::ApproachPivot, Phase::Forward) => &[Phase::Forward, Phase::Back, Phase::Cancelled],
            (Self::Confirm, Phase::Forward) => &[Phase::Confirmed],
            (Self::Compensate | Self::CompensateOnRequest, Phase::Forward) => &[Phase::Back, Phase::Cancelled],
            (Self::Retry, Phase::Forward) => &[Phase::Forward, Phase::Back, Phase::Cancelled],
            (Self::Compensated | Self::CompensationImpossible, Phase::Back) => &[Phase::Back, Phase::Cancelled],
            (Self::Retry | Self::LateSuccess, Phase::Back) => &[Phase::Back],
            (Self::Compensated | Self::CompensationImpossible | Self::Retry | Self::LateSuccess, Phase::Cancelled) => {
                &[Phase::Cancelled]
            }
            (Self::Complete | Self::OutOfStock | Self::Retry, Phase::Confirmed) => &[Phase::Confirmed],
            _ => &[],
        }
    }
}

impl Step {
    /// The phases on which this step can be waited for.
    pub fn phases(self) -> &'static [Phase] {
        match self {
            Self::ReserveStock | Self::AuthorizePayment | Self::CreateShipment | Self::CapturePayment => {
                &[Phase::Forward]
            }
            Self::ConfirmOrder | Self::ReturnStock => &[],
            Self::SettleStock => &[Phase::Confirmed],
            Self::CancelShipment | Self::VoidPayment | Self::ReleaseStock => &[Phase::Back, Phase::Cancelled],
        }
    }
}

impl Phase {
    /// Whether a checkout in this phase may ever be in that one.
    pub fn may_become(self, to: Self) -> bool {
        match self {
            Self::Forward => true,
            Self::Back => matches!(to, Self::Back | Self::Cancelled),
            Self::Confirmed | Self::Cancelled => self == to,
        }
    }
}

//! The rules as data: what is awaited, what has happened, and what that leads to. Whatever is not listed changes nothing.

use super::{Course, Reply, Step, What};

/// What kind of thing has happened, without what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
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
    CancelWished,
    RefundWished,
    ShipmentDispatched,
    ShipmentDelivered,
    ShipmentReturned,
}

/// When a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// The answer to this step is waited for.
    Awaiting(Step),
    /// The checkout has turned round, whatever it waits for.
    Turned,
}

/// What a rule leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// The step is done; this one is next.
    On(Step),
    /// The step is done; the pivot is next, or the way back when the stock is held no more.
    ToThePivot,
    /// The pivot is passed: the order stands, and its units are to leave the stock.
    Confirmed,
    /// There is nothing left to do.
    Sold,
    /// The step failed: take back what may have happened, in reverse.
    Back,
    /// There were no units to leave the stock: paid for, and not to be had.
    Unstocked,
    /// Somebody wants it back: take back what may have happened, in reverse.
    TurnedRound,
    /// Something is taken back; the one before it is next, and after the first the order is cancelled.
    Undone,
    /// Something cannot be taken back any more; the one before it is next all the same.
    Lost,
    /// Ask again. A step that can be taken back is given up after the last attempt.
    Again,
    /// Success after a refusal that was believed: undo it once, if nothing has.
    HeldAfterAll,
    /// The parcel cannot be stopped any more. An order that was sold stands, until staff has it refunded; one whose units
    /// were gone has nothing to stand for, and goes on being taken back. Of a cancelling only.
    Refused,
    /// The parcel is on its way back. This step is next, and the units return once the parcel has. Of a cancelling only.
    Recalled(Step),
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub when: When,
    pub heard: Kind,
    pub leads: Leads,
}

const fn on(step: Step, heard: Kind, leads: Leads) -> Rule {
    Rule { when: When::Awaiting(step), heard, leads }
}

const fn late(heard: Kind) -> Rule {
    Rule { when: When::Turned, heard, leads: Leads::HeldAfterAll }
}

/// Everything that can happen to a checkout.
pub const TRANSITIONS: &[Rule] = &[
    on(Step::ReserveStock, Kind::StockReserved, Leads::On(Step::AuthorizePayment)),
    on(Step::ReserveStock, Kind::StockRefused, Leads::Back),
    on(Step::ReserveStock, Kind::DeadlinePassed, Leads::Again),
    on(Step::ReserveStock, Kind::CancelWished, Leads::TurnedRound),
    on(Step::AuthorizePayment, Kind::PaymentAuthorized, Leads::On(Step::CreateShipment)),
    on(Step::AuthorizePayment, Kind::PaymentDeclined, Leads::Back),
    on(Step::AuthorizePayment, Kind::DeadlinePassed, Leads::Again),
    on(Step::AuthorizePayment, Kind::CancelWished, Leads::TurnedRound),
    on(Step::CreateShipment, Kind::ShipmentCreated, Leads::ToThePivot),
    on(Step::CreateShipment, Kind::ShipmentRefused, Leads::Back),
    on(Step::CreateShipment, Kind::DeadlinePassed, Leads::Again),
    on(Step::CreateShipment, Kind::CancelWished, Leads::TurnedRound),
    on(Step::CapturePayment, Kind::PaymentCaptured, Leads::Confirmed),
    on(Step::CapturePayment, Kind::PaymentDeclined, Leads::Back),
    on(Step::CapturePayment, Kind::DeadlinePassed, Leads::Again),
    on(Step::SettleStock, Kind::StockSettled, Leads::Sold),
    on(Step::SettleStock, Kind::StockRefused, Leads::Unstocked),
    on(Step::SettleStock, Kind::DeadlinePassed, Leads::Again),
    on(Step::CancelShipment, Kind::ShipmentCancelled, Leads::Undone),
    // No parcel leaves before the order stands, so what the carrier calls back here had nothing in it.
    on(Step::CancelShipment, Kind::ShipmentRecalled, Leads::Undone),
    on(Step::CancelShipment, Kind::ShipmentCancelRefused, Leads::Lost),
    on(Step::CancelShipment, Kind::DeadlinePassed, Leads::Again),
    on(Step::VoidPayment, Kind::PaymentVoided, Leads::Undone),
    on(Step::VoidPayment, Kind::DeadlinePassed, Leads::Again),
    on(Step::ReleaseStock, Kind::StockReleased, Leads::Undone),
    on(Step::ReleaseStock, Kind::DeadlinePassed, Leads::Again),
    late(Kind::StockReserved),
    late(Kind::PaymentAuthorized),
    late(Kind::ShipmentCreated),
];

/// The rule for this, if there is one.
pub fn rule(awaited: Option<Step>, course: Course, heard: Kind) -> Option<&'static Rule> {
    let turned = matches!(course, Course::Back | Course::Cancelled);
    TRANSITIONS.iter().find(|rule| {
        rule.heard == heard
            && match rule.when {
                When::Awaiting(step) => awaited == Some(step),
                When::Turned => turned,
            }
    })
}

impl Kind {
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
            | Self::CancelWished
            | Self::RefundWished
            | Self::ShipmentDispatched
            | Self::ShipmentDelivered
            | Self::ShipmentReturned => &[],
        }
    }
}

impl What {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Replied(reply) => reply.kind(),
            Self::DeadlinePassed => Kind::DeadlinePassed,
            Self::CancelWished(_) => Kind::CancelWished,
            Self::RefundWished => Kind::RefundWished,
            Self::ShipmentDispatched => Kind::ShipmentDispatched,
            Self::ShipmentDelivered => Kind::ShipmentDelivered,
            Self::ShipmentReturned => Kind::ShipmentReturned,
        }
    }
}

impl Reply {
    pub fn kind(&self) -> Kind {
        match self {
            Self::StockReserved => Kind::StockReserved,
            Self::StockRefused { .. } => Kind::StockRefused,
            Self::StockReleased => Kind::StockReleased,
            Self::StockSettled => Kind::StockSettled,
            Self::PaymentAuthorized => Kind::PaymentAuthorized,
            Self::PaymentDeclined { .. } => Kind::PaymentDeclined,
            Self::PaymentCaptured => Kind::PaymentCaptured,
            Self::PaymentVoided => Kind::PaymentVoided,
            Self::ShipmentCreated => Kind::ShipmentCreated,
            Self::ShipmentRefused { .. } => Kind::ShipmentRefused,
            Self::ShipmentCancelled => Kind::ShipmentCancelled,
            Self::ShipmentRecalled => Kind::ShipmentRecalled,
            Self::ShipmentCancelRefused { .. } => Kind::ShipmentCancelRefused,
            Self::StockReturned => Kind::StockReturned,
        }
    }
}

impl Leads {
    /// The courses that a checkout on `from` may be on afterwards.
    pub fn courses(self, from: Course) -> &'static [Course] {
        match (self, from) {
            (Self::On(_), Course::Forward) => &[Course::Forward],
            (Self::ToThePivot, Course::Forward) => &[Course::Forward, Course::Back, Course::Cancelled],
            (Self::Confirmed, Course::Forward) => &[Course::Confirmed],
            (Self::Back | Self::TurnedRound, Course::Forward) => &[Course::Back, Course::Cancelled],
            (Self::Again, Course::Forward) => &[Course::Forward, Course::Back, Course::Cancelled],
            (Self::Undone | Self::Lost, Course::Back) => &[Course::Back, Course::Cancelled],
            (Self::Again | Self::HeldAfterAll, Course::Back) => &[Course::Back],
            (Self::Undone | Self::Lost | Self::Again | Self::HeldAfterAll, Course::Cancelled) => &[Course::Cancelled],
            (Self::Sold | Self::Unstocked | Self::Again, Course::Confirmed) => &[Course::Confirmed],
            _ => &[],
        }
    }
}

impl Step {
    /// The courses on which this step can be waited for.
    pub fn courses(self) -> &'static [Course] {
        match self {
            Self::ReserveStock | Self::AuthorizePayment | Self::CreateShipment | Self::CapturePayment => {
                &[Course::Forward]
            }
            Self::ConfirmOrder | Self::ReturnStock => &[],
            Self::SettleStock => &[Course::Confirmed],
            Self::CancelShipment | Self::VoidPayment | Self::ReleaseStock => &[Course::Back, Course::Cancelled],
        }
    }
}

impl Course {
    /// Whether a checkout on this course may ever be on that one.
    pub fn may_become(self, to: Self) -> bool {
        match self {
            Self::Forward => true,
            Self::Back => matches!(to, Self::Back | Self::Cancelled),
            Self::Confirmed | Self::Cancelled => self == to,
        }
    }
}

//! The steps of a checkout, forward and back.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    ReserveStock,
    AuthorizePayment,
    CreateShipment,
    /// The pivot.
    CapturePayment,
    /// Our own: no command, no answer.
    ConfirmOrder,
    SettleStock,
    CancelShipment,
    VoidPayment,
    ReleaseStock,
    /// Of a cancelling only: what left the stock comes back.
    ReturnStock,
}

/// What a step makes another subgraph hold for the order, until it is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    Stock,
    Payment,
    Shipment,
}

impl Step {
    pub const ALL: [Self; 10] = [
        Self::ReserveStock,
        Self::AuthorizePayment,
        Self::CreateShipment,
        Self::CapturePayment,
        Self::ConfirmOrder,
        Self::SettleStock,
        Self::CancelShipment,
        Self::VoidPayment,
        Self::ReleaseStock,
        Self::ReturnStock,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::ReserveStock => "reserve_stock",
            Self::AuthorizePayment => "authorize_payment",
            Self::CreateShipment => "create_shipment",
            Self::CapturePayment => "capture_payment",
            Self::ConfirmOrder => "confirm_order",
            Self::SettleStock => "settle_stock",
            Self::CancelShipment => "cancel_shipment",
            Self::VoidPayment => "void_payment",
            Self::ReleaseStock => "release_stock",
            Self::ReturnStock => "return_stock",
        }
    }

    /// What this step makes another subgraph hold.
    pub fn acquires(self) -> Option<Holding> {
        match self {
            Self::ReserveStock => Some(Holding::Stock),
            Self::AuthorizePayment => Some(Holding::Payment),
            Self::CreateShipment => Some(Holding::Shipment),
            _ => None,
        }
    }

    /// What this step undoes.
    pub fn undoes(self) -> Option<Holding> {
        match self {
            Self::ReleaseStock => Some(Holding::Stock),
            Self::VoidPayment => Some(Holding::Payment),
            Self::CancelShipment => Some(Holding::Shipment),
            _ => None,
        }
    }

    /// What takes this step back, whenever that may be. None for what does nothing at another subgraph.
    pub fn inverse(self) -> Option<Self> {
        match self {
            Self::ReserveStock => Some(Self::ReleaseStock),
            Self::AuthorizePayment | Self::CapturePayment => Some(Self::VoidPayment),
            Self::CreateShipment => Some(Self::CancelShipment),
            Self::SettleStock => Some(Self::ReturnStock),
            _ => None,
        }
    }

    /// The step that this one takes back.
    pub fn compensates(self) -> Option<Self> {
        match self {
            Self::ReturnStock => Some(Self::SettleStock),
            _ => self.undoes().map(Holding::acquired_by),
        }
    }

    /// Silence is no answer for ever: before the pivot a step may be given up, because it can be undone.
    pub fn may_be_given_up(self) -> bool {
        self.acquires().is_some()
    }
}

impl Holding {
    pub fn acquired_by(self) -> Step {
        match self {
            Self::Stock => Step::ReserveStock,
            Self::Payment => Step::AuthorizePayment,
            Self::Shipment => Step::CreateShipment,
        }
    }

    pub fn undone_by(self) -> Step {
        match self {
            Self::Stock => Step::ReleaseStock,
            Self::Payment => Step::VoidPayment,
            Self::Shipment => Step::CancelShipment,
        }
    }
}

//! Values that stand in several schemas. No sockets, no database, no runtime: a value here can be made, compared,
//! shown and refused, nothing else.

mod address;
mod count;
mod email;
mod error;
mod id;
mod idempotency_key;
mod money;
mod order_number;
mod quantity;
mod refusal;
pub mod text;

pub use address::{Address, AddressInput, CountryCode, UnknownCountry};
pub use count::{Count, CountPrecision};
pub use email::{Email, NotAnEmail};
pub use error::{InvalidInput, UserErrorCode};
pub use id::{
    AddressId, CancellationId, CartId, CartLineId, CategoryId, CheckoutId, ErasureId, ExportId, OrderId, OrderLineId,
    PaymentId, ProductId, ReservationId, ReviewId, SessionId, ShipmentId, UserId, VariantId, WrongId,
};
pub use idempotency_key::{IdempotencyKey, NoIdempotencyKey};
pub use money::{BigInt, CurrencyCode, Money, MoneyError, MoneyInput, UnknownCurrency};
pub use order_number::{NoOrderNumber, OrderNumber};
pub use quantity::{Quantity, QuantityOutOfRange};
pub use refusal::{
    AlreadyExists, CartClosed, CartEmpty, CheckoutCancelled, CurrencyMismatch, IdempotencyMismatch, LinkExpired,
    NotCancellable, NotFound, NotRefundable, Unavailable, VersionConflict,
};

//! Typed ids: `prod_…`, `ord_…`. The prefix says what a stranger's id is before any database is asked.

use std::fmt;

use async_graphql::ID;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An id of another kind, or no id at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("That is not a {noun} id, which starts with {prefix}_.")]
pub struct WrongId {
    pub given: String,
    pub noun: &'static str,
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal, $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A new id, ordered by time.
            pub fn generate() -> Self {
                Self(format!(concat!($prefix, "_{}"), Uuid::now_v7().simple()))
            }

            /// The id of the thing that another system knows by `key`.
            pub fn of_key(key: &str) -> Self {
                Self(format!(concat!($prefix, "_{}"), key))
            }

            pub fn parse(given: &str) -> Result<Self, WrongId> {
                let fits = given.strip_prefix(concat!($prefix, "_")).is_some_and(|key| {
                    (1..=64).contains(&key.len())
                        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                });
                if fits {
                    Ok(Self(given.to_owned()))
                } else {
                    let given = crate::text::shown(given, 80);
                    Err(WrongId { given, noun: $noun, prefix: $prefix })
                }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = WrongId;

            fn try_from(given: String) -> Result<Self, WrongId> {
                Self::parse(&given)
            }
        }

        impl TryFrom<&ID> for $name {
            type Error = WrongId;

            fn try_from(given: &ID) -> Result<Self, WrongId> {
                Self::parse(given.as_str())
            }
        }
    )*};
}

ids! {
    AddressId, "addr", "address";
    CancellationId, "cnl", "cancellation";
    CartId, "cart", "cart";
    CartLineId, "line", "cart line";
    CategoryId, "cat", "category";
    CheckoutId, "chk", "checkout";
    ErasureId, "era", "erasure";
    ExportId, "exp", "export";
    OrderId, "ord", "order";
    OrderLineId, "oln", "order line";
    PaymentId, "pay", "payment";
    ProductId, "prod", "product";
    ReservationId, "rsv", "reservation";
    ReviewId, "rev", "review";
    SessionId, "ses", "session";
    ShipmentId, "shp", "shipment";
    UserId, "user", "user";
    VariantId, "var", "variant";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_kind_is_refused_by_name() {
        let refused = ProductId::parse("var_123").expect_err("a variant is no product");
        assert_eq!(refused.to_string(), "That is not a product id, which starts with prod_.");
    }

    #[test]
    fn generated_ids_parse() {
        let id = OrderId::generate();
        assert_eq!(OrderId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn an_id_holds_no_surprises() {
        for given in ["", "prod_", "prod_a b", "prod_é", "prod_';--", &format!("prod_{}", "x".repeat(65))] {
            assert!(ProductId::parse(given).is_err(), "{given}");
        }
    }
}

//! Families of messages: how a variant becomes a message, and a message a variant.

use kit::messaging::Message;
use kit::{Failure, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The messages that belong together: commands to one subgraph, its replies, or its events.
pub trait Family: Sized {
    /// Every kind of this family, with its version: `stock.reserve.v1`.
    const KINDS: &'static [&'static str];

    fn kind(&self) -> &'static str;

    fn body(&self) -> serde_json::Result<Value>;

    /// What a message of this family says. `None` for a kind of another family, or of a newer release.
    fn decode(message: &Message) -> Result<Option<Self>>;

    /// The same of these kinds alone. The bodies of others are not looked at: what a reader does not need cannot stop it.
    fn decode_only(message: &Message, kinds: &[&str]) -> Result<Option<Self>> {
        if kinds.contains(&message.kind.as_str()) { Self::decode(message) } else { Ok(None) }
    }
}

/// A message under a new id. `key` is what it is about.
pub fn encode(key: &str, family: &impl Family) -> serde_json::Result<Message> {
    Message::new(family.kind(), key, &family.body()?)
}

/// A message under an id that follows from `parts`: however often it is sent, it lands once.
pub fn encode_once(key: &str, family: &impl Family, parts: &[&str]) -> serde_json::Result<Message> {
    Ok(encode(key, family)?.with_derived_id(parts))
}

/// A kind without its version: `stock.reserve`.
pub fn name(kind: &str) -> &str {
    kind.rsplit_once('.').map_or(kind, |(name, _version)| name)
}

/// What a message says that can be of one family only.
pub fn decoded<F: Family>(message: &Message, reader: &str) -> Result<F> {
    F::decode(message)?.ok_or_else(|| {
        let kind = &message.kind;
        Failure::fault(anyhow::anyhow!("{reader} does not know the message `{kind}`"))
    })
}

/// The cause stays out of the log: it quotes the value that does not fit, which may be an address or a card's number.
pub(crate) fn body<T: DeserializeOwned>(message: &Message) -> Result<T> {
    message
        .read()
        .map_err(|_quotes_the_value| Failure::fault(anyhow::anyhow!("the body of a `{}` does not fit", message.kind)))
}

/// Declares a family: each variant with its body, and its kind under a name.
macro_rules! family {
    ($(#[$doc:meta])* $family:ident { $($(#[$variant_doc:meta])* $variant:ident($body:ty) = $name:ident $kind:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $family {
            $($(#[$variant_doc])* $variant($body),)*
        }

        impl $family {
            $(pub const $name: &'static str = $kind;)*
        }

        impl $crate::Family for $family {
            const KINDS: &'static [&'static str] = &[$(Self::$name,)*];

            fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => Self::$name,)*
                }
            }

            fn body(&self) -> serde_json::Result<serde_json::Value> {
                match self {
                    $(Self::$variant(body) => serde_json::to_value(body),)*
                }
            }

            fn decode(message: &kit::messaging::Message) -> kit::Result<Option<Self>> {
                Ok(Some(match message.kind.as_str() {
                    $(Self::$name => Self::$variant($crate::family::body(message)?),)*
                    _ => return Ok(None),
                }))
            }
        }
    };
}

pub(crate) use family;

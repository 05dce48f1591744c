//! What is said of a product, in words, numbers and yes or no.

use async_graphql::{Enum, Object};

use crate::product::{Attribute, AttributeValue};

/// Of which kind an attribute's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AttributeKind {
    /// Words: `value` is all there is.
    Text,
    /// A number: see `number`.
    Number,
    /// Yes or no: see `boolean`.
    Boolean,
}

pub struct ProductAttribute(pub Attribute);

/// One fact about a product, such as its screen size.
#[Object]
impl ProductAttribute {
    /// What the fact is about, for people: `Weight`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The value as a shopper reads it, whatever its kind: `Aluminium`, `15.6`, `Yes`.
    async fn value(&self) -> String {
        self.0.value.shown()
    }

    /// Of which kind the value is.
    async fn kind(&self) -> AttributeKind {
        match self.0.value {
            AttributeValue::Text(_) => AttributeKind::Text,
            AttributeValue::Number(_) => AttributeKind::Number,
            AttributeValue::Boolean(_) => AttributeKind::Boolean,
        }
    }

    /// The value to compare with others of the same name; null unless `kind` is `NUMBER`.
    async fn number(&self) -> Option<f64> {
        match self.0.value {
            AttributeValue::Number(number) => Some(number),
            AttributeValue::Text(_) | AttributeValue::Boolean(_) => None,
        }
    }

    /// The value as yes or no; null unless `kind` is `BOOLEAN`.
    async fn boolean(&self) -> Option<bool> {
        match self.0.value {
            AttributeValue::Boolean(boolean) => Some(boolean),
            AttributeValue::Text(_) | AttributeValue::Number(_) => None,
        }
    }
}

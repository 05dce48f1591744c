use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// What a token says is judged where it is used, so that a wrong one is refused with a code.
pub struct FilterToken(pub String);

/// A value of a facet, ready to be sent back in `filters`: a string such as `"WzEseyJicmFuZCI6IkFjbWUifV0"`. It is opaque:
/// take it from `FacetValue.token` as it is. It may be kept, in a link for example; one that is no longer understood is
/// refused.
#[Scalar]
impl ScalarType for FilterToken {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(token) => Ok(Self(token)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

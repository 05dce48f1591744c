//! What makes a request that comes twice land once.

/// A key that a client chooses for a request: 1 to 255 bytes in one line, all of which can be seen. It is compared as it
/// stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("An idempotency key is 1 to {longest} bytes in one line: a UUID does well.", longest = IdempotencyKey::LONGEST)]
pub struct NoIdempotencyKey;

impl IdempotencyKey {
    pub const LONGEST: usize = 255;

    pub fn parse(given: &str) -> Result<Self, NoIdempotencyKey> {
        let fits = (1..=Self::LONGEST).contains(&given.len()) && crate::text::is_line(given);
        if fits { Ok(Self(given.to_owned())) } else { Err(NoIdempotencyKey) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_line_that_can_be_seen() {
        for good in ["k", "018f4e1c-7b2a-7c3d-9e4f-5a6b7c8d9e0f", "order #1 of Ü", &"x".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(good).map(String::from).as_deref(), Ok(good));
        }
        for bad in ["", " ", "a\0b", "a\nb", "a\tb", "\u{200b}", "a\u{202e}b", "a\u{e000}", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad), Err(NoIdempotencyKey), "{}", bad.escape_unicode());
        }
    }
}

//! The key with which the tests of one process seal.

use std::sync::LazyLock;

use crate::{Sealing, SealingKey};

static KEY: LazyLock<SealingKey> = LazyLock::new(|| SealingKey::random().expect("the machine has entropy"));

pub fn sealing_key() -> SealingKey {
    KEY.clone()
}

/// Seals with [`sealing_key`].
pub fn sealing() -> Sealing {
    Sealing::new(sealing_key())
}

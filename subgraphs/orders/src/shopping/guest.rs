//! Who a guest is: whoever holds a secret that we gave out. A secret that nobody was given is nobody's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use kit::{Owner, Result, Txn, Viewer};
use sha2::Sha256;

use crate::store::{Request, Store};

/// A secret that a guest is given, and whom it makes of the guest.
pub(crate) struct IssuedSecret {
    pub secret: String,
    pub owner: Owner,
}

impl IssuedSecret {
    fn of(secret: String) -> Self {
        Self { owner: Owner::guest(&secret), secret }
    }

    /// A secret that nobody can have had before.
    pub(crate) fn new() -> Self {
        Self::of(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// The secret that belongs to a request of somebody without one: the same whenever it is sent again. It takes both,
    /// what the client knows and what we keep, so neither a stranger nor who reads our books can make it.
    pub(crate) fn for_request(request: &Request, salt: &str) -> Self {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(request.key().as_bytes()).expect("a key of any length fits");
        mac.update(salt.as_bytes());
        Self::of(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }
}

/// What is kept of a request of somebody without a secret, beside the hash of its key.
pub(crate) fn salt() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

impl Store {
    /// Whose a new thing of this viewer's is. None for somebody who is neither signed in nor holds a secret of ours.
    pub(crate) async fn owner_of_new(&self, txn: &Txn, viewer: &Viewer) -> Result<Option<Owner>> {
        if let Some(signed) = &viewer.signed {
            return Ok(Some(Owner::user(&signed.user_id)));
        }
        match &viewer.guest {
            Some(guest) if self.gave_out(txn, guest).await? => Ok(Some(guest.clone())),
            _ => Ok(None),
        }
    }
}

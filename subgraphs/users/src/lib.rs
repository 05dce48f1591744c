#![doc = include_str!("../README.md")]

mod account;
mod ensure;
mod graph;
mod jwks;
mod language;
mod mail;
mod mail_settings;
mod one_use;
mod password;
mod post;
mod sign_in;
mod signing_key;
mod store;
mod token;

use kit::token::{AuthSettings, Verifier};
use kit::{Runtime, Service};

pub use account::{Account, DisplayName};
pub use ensure::ensure_account;
pub use graph::{Schema, dress, schema};
pub use jwks::routes;
pub use mail::{Mail, Occasion, Writer};
pub use mail_settings::MailSettings;
pub use password::{Hashing, Password, PasswordHash};
pub use post::{Postman, writer};
pub use sign_in::{Flaw, Login, Registered, Registration, SignIn, SignedIn};
pub use signing_key::SigningKeys;
pub use store::{MailState, Store};
pub use token::{AccessToken, Issuer};

/// The subgraph, ready to run. It knows its own keys and asks nobody for them.
pub async fn service(runtime: Runtime, settings: AuthSettings) -> anyhow::Result<Service> {
    let store = Store::new(runtime.db.clone(), runtime.clock.clone());
    let keys = store.signing_keys().await.map_err(kit::Failure::into_anyhow)?;
    let runtime = Runtime { verifier: Verifier::fixed(settings.clone(), &keys.jwks()), ..runtime };
    let routes = routes(&keys)?;
    let sign_in = SignIn::new(store, Hashing::new(), Issuer::new(keys, settings, runtime.clock.clone()));
    let service = Service::new(&runtime, schema(), move |request, _viewer| dress(&sign_in, request));
    Ok(service.with_routes(routes))
}

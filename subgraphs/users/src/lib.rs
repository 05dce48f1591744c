#![doc = include_str!("../README.md")]

mod account;
mod account_emails;
mod address_book;
mod admission;
mod data_export;
mod demo;
mod ensure;
mod erasure;
mod graph;
mod identities;
mod identity;
mod jwks;
mod key_rotation;
mod known_device;
mod language;
mod listen;
mod mail;
mod mail_sender;
mod mail_settings;
mod one_use;
mod operator;
mod password;
mod permission;
mod preferences;
mod privacy;
mod second_factor;
mod second_factors;
mod session;
mod sessions;
mod settings;
mod sign_in;
mod signing_key;
mod staff;
mod store;
mod throttle;
mod token;

use kit::identity::token::{AuthSettings, Verifier};
use kit::messaging::DeadLetters;
use kit::{Runtime, Sealing, Service};

pub use account::{Account, DisplayName};
pub use account_emails::{AccountEmails, Flaw, Registered, Registration};
pub use admission::{Admission, Arrival, SignedIn, Ticket};
pub use demo::{disable_demo_accounts, ensure_demo_account};
pub use ensure::{create_staff, ensure_account, has_owner};
pub use graph::{Schema, Services, attach_loaders, schema};
pub use identities::Identities;
pub use identity::Assertion;
pub use jwks::routes;
pub use key_rotation::KeyRotation;
pub use known_device::DeviceToken;
pub use listen::{AuditEvents, Commands};
pub use mail::{Mail, Occasion, Writer};
pub use mail_sender::{MailSender, writer};
pub use mail_settings::MailSettings;
pub use password::{Hashing, Password, PasswordFlaw, PasswordHash, Weak};
pub use permission::{Permission, Permissions};
pub use privacy::{Privacy, PrivacyReplies, PrivacySettings};
pub use second_factor::{RecoveryCode, Seed};
pub use second_factors::SecondFactors;
pub use session::{Method, Proof, RefreshToken};
pub use sessions::{Refreshed, Sessions};
pub use settings::{Settings, StaffSecondFactor};
pub use sign_in::{Login, SignIn};
pub use signing_key::{KeyRing, SigningKeys, signs_from, stands_until};
pub use staff::Staff;
pub use store::{MailState, Store};
pub use throttle::{Attempt, Guess, Place, Throttle, TooManyAttempts};
pub use token::{AccessToken, Issuer};

/// The subgraph, ready to run. It knows its own keys and asks nobody for them.
pub async fn service(
    runtime: Runtime,
    sealing: Sealing,
    auth: AuthSettings,
    settings: Settings,
    mail: MailSettings,
    privacy: PrivacySettings,
) -> anyhow::Result<Service> {
    let store = Store::new(runtime.db.clone(), runtime.clock.clone()).with_sealing(sealing);
    store.seal_second_factors().await.map_err(kit::Failure::into_anyhow)?;
    let postman = MailSender::new(store.clone(), &mail)?;
    let hashing = Hashing::new();
    let keys = store.signing_keys().await.map_err(kit::Failure::into_anyhow)?;
    let verifier = Verifier::fixed(auth.clone(), &keys.now().map_err(kit::Failure::into_anyhow)?.jwks());
    let runtime = Runtime { verifier: verifier.clone(), ..runtime };
    let issuer = Issuer::new(keys.clone(), auth, runtime.clock.clone());
    let throttle = Throttle::new(settings, Some(runtime.bus.clone()), runtime.clock.clone());
    let sessions = Sessions::new(store.clone(), issuer, throttle.clone(), settings, Some(runtime.bus.clone()));
    let (telling, turns) = (sessions.clone(), KeyRotation::new(store.clone(), keys.clone(), verifier));
    let emails = AccountEmails::new(store.clone(), hashing.clone(), sessions.clone(), throttle.clone(), writer(&mail)?);
    let audit = AuditEvents(store.clone());
    let commands = Commands(emails.clone());
    let dead_letters = DeadLetters::new(runtime.bus.clone(), &runtime.subscribers);
    let privacy =
        Privacy::new(store.clone(), hashing.clone(), sessions.clone(), throttle.clone(), emails.clone(), privacy)
            .with_dead_letters(dead_letters);
    let (answers, watch) = (PrivacyReplies(privacy.clone()), privacy.clone());
    let desk = Services {
        second_factors: SecondFactors::new(
            store.clone(),
            hashing.clone(),
            sessions.clone(),
            throttle.clone(),
            emails.clone(),
        ),
        sign_in: SignIn::new(store.clone(), hashing, sessions.clone(), throttle, emails.clone()),
        identities: Identities::new(store.clone(), sessions.clone(), emails.clone()),
        emails,
        staff: Staff::new(store.clone(), sessions.clone()),
        sessions,
        privacy,
        store,
        callers: runtime.callers.clone(),
    };
    let service = Service::new(&runtime, schema(), move |request, _viewer| attach_loaders(&desk, request));
    let service = service
        .with_routes(routes(&keys))
        .with_retention(settings.retention())
        .with_worker("sessions", telling, Sessions::keep_telling)
        .with_worker("signing keys", turns, KeyRotation::keep)
        .with_worker("mails", postman, MailSender::deliver)
        .with_worker("privacy", watch, Privacy::watch);
    let service = service.with_consumer(kit::identity::privacy::REPLIES, 1, answers);
    let service = service.with_consumer(listen::COMMANDS, 1, commands);
    Ok(service.with_consumer(kit::identity::audit::STREAM, 1, audit))
}

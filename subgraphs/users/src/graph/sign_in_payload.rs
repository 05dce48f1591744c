use async_graphql::Object;
use chrono::{DateTime, Utc};
use vocab::InvalidInput;

use super::user::User;
use super::user_error::UserError;
use crate::admission::SignedIn;
use crate::admission::{Admission, Arrival};
use crate::known_device::DeviceToken;
use crate::session::{Device, NoDevice};

/// What became of the wish to be let in.
pub struct SignInPayload(Result<SignedIn, Vec<UserError>>);

impl SignInPayload {
    pub fn refused(error: impl Into<UserError>) -> Self {
        Self(Err(vec![error.into()]))
    }
}

impl From<Admission> for SignInPayload {
    fn from(admission: Admission) -> Self {
        match admission {
            Admission::SignedIn(signed_in) => signed_in.into(),
            Admission::SecondFactor(ticket) => Self::refused(ticket),
        }
    }
}

impl From<SignedIn> for SignInPayload {
    fn from(signed_in: SignedIn) -> Self {
        Self(Ok(signed_in))
    }
}

/// What became of the wish to be let in.
#[Object]
impl SignInPayload {
    /// Who is signed in; null when nobody is.
    async fn user(&self) -> Option<User> {
        let signed_in = self.0.as_ref().ok()?;
        Some(User::just_signed_in(signed_in.account.clone(), signed_in.session.clone()))
    }

    /// The proof of who you are: send it as `authorization: Bearer …`. Null when you are not signed in.
    async fn access_token(&self) -> Option<&str> {
        self.0.as_ref().ok().map(|signed_in| signed_in.token.text.as_str())
    }

    /// When the access token stops to hold; null when there is none.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.as_ref().ok().map(|signed_in| signed_in.token.expires_at)
    }

    /// What `userTokenRefresh` takes for the next access token, once. Keep it where nobody else reads it. Null when you
    /// are not signed in.
    async fn refresh_token(&self) -> Option<String> {
        self.0.as_ref().ok().map(|signed_in| signed_in.refresh_token.reveal())
    }

    /// What this device is known by from now on. Send it with the next sign-in: then nobody who tries passwords elsewhere
    /// makes you wait. It lets nobody in by itself. Null when you are not signed in, or only go on with a session.
    async fn device_token(&self) -> Option<&str> {
        self.0.as_ref().ok()?.device_token.as_ref().map(|token| token.reveal())
    }

    /// Why nobody is signed in; empty when somebody is.
    async fn user_errors(&self) -> Vec<UserError> {
        self.0.as_ref().err().cloned().unwrap_or_default()
    }
}

/// On what a client comes: by the name that it gives its device, and by what that is known by. A token that is none is
/// as good as none.
pub fn arrival(name: Option<String>, token: Option<String>) -> Result<Arrival, UserError> {
    let refused = |flaw: NoDevice| UserError::from(InvalidInput::new(flaw, &["device"]));
    let device = name.map(|name| Device::parse(&name)).transpose().map_err(refused)?;
    Ok(Arrival { device, token: token.as_deref().and_then(DeviceToken::presented) })
}

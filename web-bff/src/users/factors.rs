//! What shows who somebody is besides a password.

use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use serde::Deserialize;
use serde_json::Value;

use super::{Call, Outcome, SignedIn, UserError, Users, document};
use crate::address::ClientAddress;

const SECOND_FACTOR: &str = document!("second_factor", "signed_in", "refused");
const STEP_UP: &str = document!("step_up", "refused");
const RESET_PASSWORD: &str = document!("reset_password", "refused");

/// The access token that a session goes on with.
pub struct Renewed {
    pub access_token: String,
    pub expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StepUp {
    access_token: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reset {
    device_token: Option<String>,
    user_errors: Vec<UserError>,
}

impl Users {
    /// The second step of a sign-in.
    pub async fn second_factor(&self, input: Value, calling: ClientAddress) -> Result<Outcome<SignedIn>> {
        self.sign_in(Call::new(SECOND_FACTOR, input, calling)).await
    }

    /// Shows once more who is signed in.
    pub async fn step_up(&self, input: Value, access_token: &str, calling: ClientAddress) -> Result<Outcome<Renewed>> {
        let call = Call { access_token: Some(access_token), ..Call::new(STEP_UP, input, calling) };
        let StepUp { access_token, expires_at, user_errors } = self.ask(call).await?;
        if let Some(user_error) = user_errors.into_iter().next() {
            return Ok(Outcome::Refused(user_error));
        }
        let (Some(access_token), Some(expires_at)) = (access_token, expires_at) else {
            return Err(Failure::fault(anyhow::anyhow!("a proof was taken without a token")));
        };
        Ok(Outcome::Done(Renewed { access_token, expires_at }))
    }

    /// Sets a password with the link of a mail. What the device is known by from then on.
    pub async fn reset_password(&self, input: Value, calling: ClientAddress) -> Result<Outcome<Option<String>>> {
        let Reset { device_token, user_errors } = self.ask(Call::new(RESET_PASSWORD, input, calling)).await?;
        Ok(user_errors.into_iter().next().map_or(Outcome::Done(device_token), Outcome::Refused))
    }
}

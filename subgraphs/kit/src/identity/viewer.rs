//! Who is asking.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Code, Refusal};

/// Whom a row belongs to: `user:<id>` or `guest:<sha-256 of the secret>`. The secret itself is never kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owner(String);

impl Owner {
    pub fn user(id: &str) -> Self {
        Self(format!("user:{id}"))
    }

    /// The owner who holds this secret.
    pub fn guest(secret: &str) -> Self {
        Self(format!("guest:{}", hex::encode(Sha256::digest(secret))))
    }

    /// An owner as it was stored.
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The signed-in user behind this owner, if it is one.
    pub fn user_id(&self) -> Option<&str> {
        self.0.strip_prefix("user:")
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// On whose behalf somebody signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Their own.
    #[default]
    User,
    /// The house's, as far as their permissions go.
    Staff,
    /// Another company's.
    Partner,
    /// Nobody's: a machine of the house.
    Service,
}

/// Somebody whose token we have verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub user_id: String,
    pub role: Role,
    /// The session that the token was issued in.
    pub session: Option<String>,
    pub permissions: Vec<String>,
    /// [`crate::identity::token::email_hash`] of the address that the user has shown to be theirs; none while none is.
    pub email_hash: Option<String>,
    /// When the user last proved who they are in this session, in seconds since 1970. None when the token does not say.
    pub auth_time: Option<i64>,
    /// How they proved it then: `pwd`, `otp` … (RFC 8176).
    pub amr: Vec<String>,
    /// Whether that is recent enough for what is never done on the strength of an old sign-in.
    pub is_recent: bool,
}

/// Who is asking: somebody signed in, a guest with a secret, both (on the way from one to the other), or nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    pub signed: Option<Signed>,
    pub guest: Option<Owner>,
}

impl Viewer {
    pub fn anonymous() -> Self {
        Self::default()
    }

    pub fn user(id: &str) -> Self {
        Self::signed_in(id, Role::User, Vec::new())
    }

    pub fn staff(id: &str, permissions: &[&str]) -> Self {
        let permissions = permissions.iter().map(|&name| name.to_owned()).collect();
        Self::signed_in(id, Role::Staff, permissions)
    }

    pub fn guest(secret: &str) -> Self {
        Self { signed: None, guest: Some(Owner::guest(secret)) }
    }

    fn signed_in(id: &str, role: Role, permissions: Vec<String>) -> Self {
        let signed = Signed {
            user_id: id.to_owned(),
            role,
            session: None,
            permissions,
            email_hash: None,
            auth_time: None,
            amr: Vec::new(),
            is_recent: true,
        };
        Self { signed: Some(signed), guest: None }
    }

    /// Every owner whose rows this viewer may see. Finders take it, so that "not yours" and "not there" are one answer.
    pub fn owners(&self) -> Vec<Owner> {
        let user = self.signed.iter().map(|signed| Owner::user(&signed.user_id));
        user.chain(self.guest.clone()).collect()
    }

    pub fn require_user(&self) -> Result<&Signed, Refusal> {
        self.signed.as_ref().ok_or_else(Refusal::unauthenticated)
    }

    /// Who is signed in, if they proved a moment ago who they are. A stolen session does not go that far.
    pub fn require_recent(&self) -> Result<&Signed, Refusal> {
        let signed = self.require_user()?;
        if signed.is_recent {
            return Ok(signed);
        }
        let message = "Show once more that it is you, then try again: `userStepUp` takes your password, or a code where \
                       you have a second factor; with a cookie, POST /auth/step-up does.";
        Err(Refusal::new(Code::StepUpRequired, message))
    }

    pub fn has(&self, permission: &str) -> bool {
        self.signed.as_ref().is_some_and(|signed| signed.permissions.iter().any(|held| held == permission))
    }

    pub fn require(&self, permission: &str) -> Result<&Signed, Refusal> {
        let signed = self.require_user()?;
        if self.has(permission) {
            Ok(signed)
        } else {
            // Only who still has to show a second factor is of the staff and may nothing.
            let bare = signed.role == Role::Staff && signed.permissions.is_empty();
            let hint = if bare { " Add a second factor first, or sign in with it: `userSecondFactorAdd`." } else { "" };
            Err(Refusal::new(Code::Forbidden, format!("This needs the permission `{permission}`.{hint}")))
        }
    }
}

use async_graphql::{Context, InputObject, Object};
use kit::Result;
use vocab::InvalidInput;

use super::asking::client;
use super::user_error::UserError;
use crate::account_emails::{AccountEmails, Flaw, Registered, Registration};

/// What it takes to get an account.
#[derive(InputObject)]
pub struct UserRegisterInput {
    /// The address to sign in with. Upper and lower case are the same.
    email: String,
    /// 8 to 128 characters of any kind, and hard to guess: no common password, and not the name or the address. It
    /// counts once it is given again with the link.
    password: String,
    /// The name that others will see: 1 to 80 characters.
    display_name: String,
    /// The language to write to you in, as BCP 47 names it: `de-AT`. Null for English.
    language: Option<String>,
}

/// What became of a registration.
pub struct UserRegisterPayload(Registered);

/// What became of a registration.
#[Object]
impl UserRegisterPayload {
    /// What cannot stand; empty when a mail is on its way that says how to go on.
    async fn user_errors(&self) -> Vec<UserError> {
        match &self.0 {
            Registered::MailFollows => Vec::new(),
            Registered::Flawed(flaws) => flaws.iter().map(|flaw| flaw.user_error()).collect(),
            Registered::TooManyAttempts(refused) => vec![(*refused).into()],
        }
    }
}

impl Flaw {
    fn user_error(&self) -> UserError {
        let refused = match self {
            Self::Email(flaw) => InvalidInput::new(flaw, &["email"]),
            Self::Password(flaw) => return UserError::of_password(flaw, &["password"]),
            Self::DisplayName(flaw) => InvalidInput::new(flaw, &["displayName"]),
            Self::Language(flaw) => InvalidInput::new(flaw, &["language"]),
        };
        UserError::from(refused)
    }
}

#[derive(Default)]
pub struct UserRegister;

#[Object]
impl UserRegister {
    /// Makes an account, and sends a mail with a link that opens it: `userEmailVerify`. Who has an account with this address already
    /// gets a mail that says so; the answer is the same.
    async fn user_register(&self, ctx: &Context<'_>, input: UserRegisterInput) -> Result<UserRegisterPayload> {
        let UserRegisterInput { email, password, display_name, language } = input;
        let typed = Registration { email, password, display_name, language };
        Ok(UserRegisterPayload(ctx.data_unchecked::<AccountEmails>().register(typed, client(ctx)).await?))
    }
}

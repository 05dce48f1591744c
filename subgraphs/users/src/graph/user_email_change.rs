use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::Result;
use vocab::{InvalidInput, UserErrorCode};

use super::asking::{client, require_recent_with_second_factor, signed_in};
use super::user_error::UserError;
use crate::account_emails::{AccountEmails, EmailChange as Changed, EmailChangeFlaw};

/// The address that is to be, and the password that shows who asks.
#[derive(InputObject)]
pub struct UserEmailChangeInput {
    /// The password that you sign in with now.
    password: String,
    /// The address to sign in with from then on.
    new_email: String,
}

/// What became of the wish for another address.
#[derive(SimpleObject)]
pub struct UserEmailChangePayload {
    /// Why nothing changes, all of it at once; empty when a mail is on its way to the new address.
    user_errors: Vec<UserError>,
}

impl From<EmailChangeFlaw> for UserError {
    fn from(flaw: EmailChangeFlaw) -> Self {
        match flaw {
            EmailChangeFlaw::WrongPassword => {
                Self::coded(UserErrorCode::InvalidCredentials, "That is not your password.", &["password"])
            }
            EmailChangeFlaw::Address(flaw) => Self::from(InvalidInput::new(flaw, &["newEmail"])),
            EmailChangeFlaw::Same => {
                Self::from(InvalidInput::new("You sign in with this address already.", &["newEmail"]))
            }
        }
    }
}

#[derive(Default)]
pub struct UserEmailChange;

#[Object]
impl UserEmailChange {
    /// Sends a link to another address of yours: once it was followed, you sign in with that one. The present address is
    /// told. The answer is the same whether the other one has an account or not. Where you have a second factor it takes a
    /// recent proof of who you are besides.
    async fn user_email_change(
        &self,
        ctx: &Context<'_>,
        input: UserEmailChangeInput,
    ) -> Result<UserEmailChangePayload> {
        let UserEmailChangeInput { password, new_email } = input;
        let (user, session) = signed_in(ctx)?;
        require_recent_with_second_factor(ctx, &user).await?;
        let emails = ctx.data_unchecked::<AccountEmails>();
        let changed = emails.change_email(&user, session.as_ref(), password, &new_email, client(ctx)).await?;
        let user_errors = match changed {
            Changed::MailFollows => Vec::new(),
            Changed::Flawed(flaws) => flaws.into_iter().map(UserError::from).collect(),
            Changed::TooManyAttempts(refused) => vec![refused.into()],
        };
        Ok(UserEmailChangePayload { user_errors })
    }
}

//! The part of the graph that users answers.

mod asking;
mod audit_log;
mod data_export;
mod erasure;
mod identity;
mod mail_asked;
mod preferences;
mod saved_address;
mod second_factor;
mod session;
mod sign_in_payload;
mod user;
mod user_address_add;
mod user_address_remove;
mod user_address_update;
mod user_data_export;
mod user_email_change;
mod user_email_change_confirm;
mod user_email_verify;
mod user_erase;
mod user_error;
mod user_identity_link;
mod user_identity_sign_in;
mod user_identity_unlink;
mod user_login;
mod user_logout;
mod user_password_change;
mod user_password_reset;
mod user_password_reset_request;
mod user_permissions_set;
mod user_preferences_update;
mod user_profile_update;
mod user_register;
mod user_second_factor_add;
mod user_second_factor_confirm;
mod user_second_factor_remove;
mod user_second_factor_sign_in;
mod user_session_revoke;
mod user_step_up;
mod user_token_refresh;
mod user_verification_send;

use async_graphql::{EmptySubscription, MergedObject, Request};
use kit::Callers;

use crate::account_emails::AccountEmails;
use crate::identities::Identities;
use crate::privacy::Privacy;
use crate::second_factors::SecondFactors;
use crate::sessions::Sessions;
use crate::sign_in::SignIn;
use crate::staff::Staff;
use crate::store::Store;
use audit_log::AuditLogQuery;
use data_export::DataExportQuery;
use erasure::ErasureQuery;
use user::UserQuery;
use user_address_add::UserAddressAdd;
use user_address_remove::UserAddressRemove;
use user_address_update::UserAddressUpdate;
use user_data_export::UserDataExport;
use user_email_change::UserEmailChange;
use user_email_change_confirm::UserEmailChangeConfirm;
use user_email_verify::UserEmailVerify;
use user_erase::UserErase;
use user_identity_link::UserIdentityLink;
use user_identity_sign_in::UserIdentitySignIn;
use user_identity_unlink::UserIdentityUnlink;
use user_login::UserLogin;
use user_logout::UserLogout;
use user_password_change::UserPasswordChange;
use user_password_reset::UserPasswordReset;
use user_password_reset_request::UserPasswordResetRequest;
use user_permissions_set::UserPermissionsSet;
use user_preferences_update::UserPreferencesUpdate;
use user_profile_update::UserProfileUpdate;
use user_register::UserRegister;
use user_second_factor_add::UserSecondFactorAdd;
use user_second_factor_confirm::UserSecondFactorConfirm;
use user_second_factor_remove::UserSecondFactorRemove;
use user_second_factor_sign_in::UserSecondFactorSignIn;
use user_session_revoke::UserSessionRevoke;
use user_step_up::UserStepUp;
use user_token_refresh::UserTokenRefresh;
use user_verification_send::UserVerificationSend;

#[derive(Default, MergedObject)]
pub struct Query(UserQuery, AuditLogQuery, DataExportQuery, ErasureQuery);

/// What goes by mail.
#[derive(Default, MergedObject)]
pub struct Mailed(
    UserVerificationSend,
    UserEmailVerify,
    UserPasswordResetRequest,
    UserPasswordReset,
    UserEmailChange,
    UserEmailChangeConfirm,
);

/// A second factor, and showing once more who one is.
#[derive(Default, MergedObject)]
pub struct Factors(
    UserSecondFactorAdd,
    UserSecondFactorConfirm,
    UserSecondFactorRemove,
    UserSecondFactorSignIn,
    UserStepUp,
);

/// What users say of themselves.
#[derive(Default, MergedObject)]
pub struct Profile(UserProfileUpdate, UserPreferencesUpdate, UserAddressAdd, UserAddressUpdate, UserAddressRemove);

/// What users may ask of the shop about themselves.
#[derive(Default, MergedObject)]
pub struct PrivacyMutation(UserDataExport, UserErase);

#[derive(Default, MergedObject)]
pub struct Mutation(
    UserRegister,
    UserLogin,
    UserTokenRefresh,
    UserLogout,
    UserSessionRevoke,
    UserPasswordChange,
    UserIdentitySignIn,
    UserIdentityLink,
    UserIdentityUnlink,
    Mailed,
    Factors,
    Profile,
    UserPermissionsSet,
    PrivacyMutation,
);

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema, without anything that answers it.
pub fn schema() -> Schema {
    kit::graphql::scalars::described(Schema::build(Query::default(), Mutation::default(), EmptySubscription))
        .enable_federation()
        .finish()
}

/// What resolvers stand on.
#[derive(Clone)]
pub struct Services {
    pub store: Store,
    pub sign_in: SignIn,
    pub second_factors: SecondFactors,
    pub emails: AccountEmails,
    pub sessions: Sessions,
    pub staff: Staff,
    pub identities: Identities,
    pub privacy: Privacy,
    /// Who is believed in what is said of somebody at a provider.
    pub callers: Callers,
}

/// Gives a request its loaders, and the doors that let people in and out.
pub fn attach_loaders(desk: &Services, request: Request) -> Request {
    let Services { store, sign_in, second_factors, emails, sessions, staff, identities, privacy, callers } =
        desk.clone();
    let loader = kit::batched(store.clone());
    let request = request.data(loader).data(store).data(sign_in).data(emails).data(sessions).data(staff);
    request.data(second_factors).data(identities).data(privacy).data(callers)
}

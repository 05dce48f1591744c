//! Codes for the errors that async-graphql makes itself, so that every error has one.

use async_graphql::{Error, ServerError};

use crate::{Code, Failure};

/// How the library's own complaints about values begin.
const ABOUT_VALUES: [&str; 3] = ["Invalid value for argument ", "Failed to parse \"", "Expected input type \""];

pub fn give_codes(errors: &mut [ServerError]) {
    for error in errors.iter_mut().filter(|error| !has_code(error)) {
        let about_values = error.source.is_none() && ABOUT_VALUES.iter().any(|start| error.message.starts_with(start));
        if error.path.is_empty() || about_values {
            let code = if about_values { Code::BadUserInput } else { Code::GraphqlValidationFailed };
            error.extensions.get_or_insert_default().set("code", code.as_str());
        } else {
            hide(error);
        }
    }
}

fn has_code(error: &ServerError) -> bool {
    error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some())
}

/// A resolver failed with something that is neither a refusal nor a fault of ours by type, so nobody has decided that
/// its text may be shown.
fn hide(error: &mut ServerError) {
    let shown = Error::from(Failure::fault(anyhow::anyhow!("{} at {:?}", error.message, error.path)));
    error.message = shown.message;
    error.extensions = shown.extensions;
    error.source = None;
}

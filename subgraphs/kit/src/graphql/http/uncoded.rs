//! Codes for the errors that async-graphql makes itself, so that every error has one.

use async_graphql::{Error, ServerError};

use crate::{Code, Failure};

/// How the library's own complaints about values begin.
const ABOUT_VALUES: [&str; 3] = ["Invalid value for argument ", "Failed to parse \"", "Expected input type \""];

/// How much of a value is told again.
const LONGEST_TOLD: usize = 60;

pub fn give_codes(errors: &mut [ServerError]) {
    for error in errors.iter_mut().filter(|error| !has_code(error)) {
        let about_values = error.source.is_none() && ABOUT_VALUES.iter().any(|start| error.message.starts_with(start));
        if error.path.is_empty() || about_values {
            let code = if about_values { Code::BadUserInput } else { Code::GraphqlValidationFailed };
            if let Some(plain) = plain(&error.message) {
                error.message = plain;
            }
            error.extensions.get_or_insert_default().set("code", code.as_str());
        } else {
            hide(error);
        }
    }
}

/// What the library says of a value that its type does not take, without how it came to say so.
fn plain(message: &str) -> Option<String> {
    let message = message.split(" (occurred while parsing ").next().unwrap_or_default();
    if let Some(rest) = message.strip_prefix("Failed to parse \"") {
        let (ty, why) = rest.split_once("\": ")?;
        return Some(format!("A value of the type `{ty}` does not fit: {}.", why.trim_end_matches('.')));
    }
    let (ty, got) = message.strip_prefix("Expected input type \"")?.split_once("\", found ")?;
    let got: String = got.trim_end_matches('.').chars().take(LONGEST_TOLD).collect();
    Some(format!("A value of the type `{ty}` is wanted, and {got} was given."))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_says_of_a_value_is_a_sentence() {
        for (said, told) in [
            (
                "Failed to parse \"DateTime\": input contains invalid characters (occurred while parsing \"Page\")",
                "A value of the type `DateTime` does not fit: input contains invalid characters.",
            ),
            ("Expected input type \"Code\", found 12.", "A value of the type `Code` is wanted, and 12 was given."),
        ] {
            assert_eq!(plain(said).as_deref(), Some(told));
        }
        assert_eq!(plain("Invalid value for argument \"x\""), None);
    }
}

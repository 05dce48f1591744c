use kit::config::Secret;
use serde::{Deserialize, Serialize};

/// `[mail]` in the configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The server that takes our mail.
    pub smtp: Secret,
    /// Who it is from: `Shop <no-reply@shop.example>`.
    pub from: String,
    /// Where the pages are that links in mails lead to.
    pub links: String,
    /// After how many failures a mail is dead.
    pub attempts: u32,
    /// Where the mail catcher of a laptop takes mail. Nobody else reads this.
    pub catcher: String,
}

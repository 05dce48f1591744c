//! Mails that were caught.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use mail_parser::MessageParser;
use serde::Serialize;
use tokio::sync::Notify;

/// How many mails are kept.
const KEPT: usize = 500;

/// A mail that was caught.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// Counts up from 1.
    pub id: u64,
    pub received_at: DateTime<Utc>,
    /// Where the envelope says that it goes.
    pub to: Vec<String>,
    pub from: String,
    pub message_id: String,
    pub subject: String,
    pub text: String,
    /// Null where the mail is plain text alone.
    pub html: Option<String>,
    /// The addresses of pages in the text, in order.
    pub links: Vec<String>,
}

/// Never what it says.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Holds the last mails. Clones hold the same.
#[derive(Clone, Debug, Default)]
pub struct Catcher {
    mails: Arc<Mutex<VecDeque<Mail>>>,
    caught: Arc<Notify>,
}

impl Catcher {
    /// The mails to this address, newest first; of every address where there is none.
    pub fn mails(&self, to: Option<&str>) -> Vec<Mail> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |mail: &&Mail| to.is_none_or(|to| mail.to.iter().any(|one| one.eq_ignore_ascii_case(to)));
        mails.iter().rev().filter(wanted).cloned().collect()
    }

    /// The newest mail to this address, once there are `many`.
    pub async fn nth(&self, to: &str, many: usize) -> Mail {
        loop {
            let caught = self.caught.notified();
            let mut mails = self.mails(Some(to));
            if mails.len() >= many {
                return mails.swap_remove(0);
            }
            caught.await;
        }
    }

    pub(crate) fn keep(&self, to: Vec<String>, raw: &[u8]) {
        let parsed = MessageParser::default().parse(raw).unwrap_or_default();
        let text = parsed.body_text(0).map(|text| text.replace("\r\n", "\n")).unwrap_or_default();
        let from = parsed.from().and_then(|from| from.first()).and_then(|from| from.address());
        let has_html = parsed.html_body.iter().any(|part| parsed.part(*part).is_some_and(|part| part.is_text_html()));
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        let mail = Mail {
            id: mails.back().map_or(1, |last| last.id + 1),
            received_at: kit::Clock::system().now(),
            to,
            from: from.unwrap_or_default().to_owned(),
            message_id: parsed.message_id().unwrap_or_default().to_owned(),
            subject: parsed.subject().unwrap_or_default().to_owned(),
            html: if has_html { parsed.body_html(0).map(|html| html.into_owned()) } else { None },
            links: links(&text).map(str::to_owned).collect(),
            text,
        };
        mails.push_back(mail);
        while mails.len() > KEPT {
            mails.pop_front();
        }
        drop(mails);
        self.caught.notify_waiters();
    }
}

/// The addresses of pages that stand in a text.
pub(crate) fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(|word| word.trim_matches(['<', '>', '(', ')', ',']))
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_mails_make_room() {
        let catcher = Catcher::default();
        for number in 0..KEPT + 2 {
            let raw = format!("Subject: {number}\r\n\r\nSee <https://shop.example/{number}>.\r\n");
            catcher.keep(vec!["ada@example.com".to_owned()], raw.as_bytes());
        }
        let mails = catcher.mails(Some("Ada@example.com"));
        assert_eq!((mails.len(), mails[0].subject.as_str(), mails[KEPT - 1].subject.as_str()), (KEPT, "501", "2"));
        assert_eq!(mails[0].id, 502);
        assert!(catcher.mails(Some("eve@example.com")).is_empty());
    }

    #[test]
    fn links_are_found_between_words() {
        let text = "Open\nhttps://shop.example/auth/verify?token=a-b_c\nor <http://127.0.0.1:4000/>, now.";
        let found: Vec<&str> = links(text).collect();
        assert_eq!(found, ["https://shop.example/auth/verify?token=a-b_c", "http://127.0.0.1:4000/"]);
    }
}

//! Sends mails that were written, until a server has taken them.
//!
//! A mail is a row of the transaction that causes it. Whoever sends it first holds it for a while, so a process that dies
//! in the middle delays it and loses nothing; one that dies between the server's answer and ours has it sent twice, under
//! one Message-ID.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use futures::future::join_all;
use kit::Result;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio_util::sync::CancellationToken;

use crate::mail::Writer;
use crate::mail_settings::MailSettings;
use crate::store::{Claimed, Store};

/// How often to see whether one is due. Which is an index away.
const EVERY: Duration = Duration::from_millis(250);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
const BATCH: u64 = 16;
/// How long a server may take over one step of a conversation.
const PATIENCE: Duration = Duration::from_secs(20);
/// For how long a mail is one process's to send: longer than a conversation's steps take together.
const HELD: TimeDelta = TimeDelta::minutes(3);
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(10);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// Takes written mails to the server.
#[derive(Clone)]
pub struct MailSender {
    store: Store,
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    attempts: u32,
    /// How many mails servers have refused to take for whom they were, since the start.
    refused: Arc<AtomicU64>,
}

/// What became of an attempt.
enum Outcome {
    Sent,
    /// It may go better later.
    Later(String),
    /// It will not.
    Never(String),
    /// The server does not take it for whom it is for, which is nobody's fault here.
    Refused(String),
}

/// Whom mails are from, and who writes them.
pub fn writer(settings: &MailSettings) -> anyhow::Result<Writer> {
    let from = sender(settings)?;
    anyhow::ensure!(
        settings.links.starts_with("http://") || settings.links.starts_with("https://"),
        "`mail.links` names no place that a link could lead to: give one such as https://shop.example"
    );
    let shop = from.name.unwrap_or_else(|| from.email.domain().to_owned());
    Ok(Writer::new(shop, &settings.links))
}

fn sender(settings: &MailSettings) -> anyhow::Result<Mailbox> {
    settings.from.parse().context("`mail.from` is no sender: give one such as `Shop <no-reply@shop.example>`")
}

impl MailSender {
    pub fn new(store: Store, settings: &MailSettings) -> anyhow::Result<Self> {
        let url = settings.smtp.reveal();
        anyhow::ensure!(
            url.starts_with("smtp://") || url.starts_with("smtps://"),
            "`mail.smtp` names no server: give smtp://host:port or smtps://user:password@host"
        );
        // The cause might hold the password.
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_unshown| anyhow::anyhow!("`mail.smtp` is no URL of a mail server"))?
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self { store, server, from: sender(settings)?, attempts: settings.attempts.max(1), refused: Arc::default() })
    }

    /// Tries to send a batch of the mails that are due, and tells how many there were.
    pub async fn send_due(&self) -> Result<usize> {
        let claimed = self.store.claim_mails(BATCH, HELD).await?;
        let tried = claimed.len();
        for done in join_all(claimed.into_iter().map(|mail| self.send(mail))).await {
            done?;
        }
        Ok(tried)
    }

    async fn send(&self, mail: Claimed) -> Result<()> {
        let now = self.store.clock().now();
        let outcome = if mail.expires_at.is_some_and(|at| at <= now) {
            Outcome::Never("it is of no use any more".to_owned())
        } else {
            self.attempt(&mail).await
        };
        match outcome {
            Outcome::Sent => self.store.mail_sent(&mail.id).await,
            Outcome::Later(cause) if mail.attempts < self.attempts => {
                tracing::warn!(mail.id, mail.kind, mail.attempts, cause, "a mail is not sent yet");
                self.store.mail_again(&mail.id, now + pause_after(mail.attempts), &cause).await
            }
            Outcome::Refused(cause) => {
                let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
                tracing::warn!(mail.id, mail.kind, mail.attempts, cause, refused, "a mail's recipient is refused");
                self.store.mail_dead(&mail.id, &cause).await
            }
            Outcome::Later(cause) | Outcome::Never(cause) => {
                tracing::error!(mail.id, mail.kind, mail.attempts, cause, "a mail is given up");
                self.store.mail_dead(&mail.id, &cause).await
            }
        }
    }

    async fn attempt(&self, mail: &Claimed) -> Outcome {
        let message = match self.message(mail) {
            Ok(message) => message,
            Err(_unshown) => return Outcome::Never("it cannot be addressed".to_owned()),
        };
        match self.server.send(message).await {
            Ok(_) => Outcome::Sent,
            Err(cause) => judged(&cause),
        }
    }

    fn message(&self, mail: &Claimed) -> anyhow::Result<Message> {
        let to = Mailbox::new(None, mail.recipient.parse()?);
        let message = Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .from(self.from.clone())
            .to(to)
            .subject(mail.subject.clone())
            .header(AutoSubmitted);
        Ok(match &mail.html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone()))?,
            None => message.body(mail.text.clone())?,
        })
    }

    /// Sends until told to stop.
    pub async fn deliver(self, stop: CancellationToken) {
        loop {
            let pause = match self.send_due().await {
                Ok(tried) if tried as u64 == BATCH => Duration::ZERO,
                Ok(_) => EVERY,
                Err(failure) => {
                    let cause = failure.into_anyhow();
                    tracing::warn!(cause = format!("{cause:#}"), "mails wait; trying again");
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// The server's answer by its number alone: its words may name the address.
fn judged(cause: &smtp::Error) -> Outcome {
    match cause.status().map(u16::from) {
        // The mailbox, the message or the recipient; anything else of 5xx is between the server and us.
        Some(code @ (550..=554 | 556)) => Outcome::Refused(format!("the server answered {code}")),
        Some(code) => Outcome::Later(format!("the server answered {code}")),
        None if cause.is_timeout() => Outcome::Later("the server took too long".to_owned()),
        None => Outcome::Later("the server could not be talked to".to_owned()),
    }
}

fn pause_after(attempts: u32) -> TimeDelta {
    let doubled = 2_i32.saturating_pow(attempts.saturating_sub(1).min(20));
    (FIRST_PAUSE * doubled).min(LONGEST_PAUSE)
}

/// Tells other machines not to answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_given: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_followed_by_a_longer_pause_up_to_an_hour() {
        let pauses: Vec<i64> = (1..=12).map(|attempts| pause_after(attempts).num_seconds()).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
    }
}

//! The mails, for a person and for a program.

use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use crate::caught::{Catcher, Mail};

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
/// A mail's own HTML may look as it likes and do nothing.
const POLICY_OF_A_MAIL: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation";
const SHOWN: usize = 50;

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
}

impl Wanted {
    fn to(&self) -> Option<&str> {
        self.to.as_deref().map(str::trim).filter(|to| !to.is_empty())
    }
}

pub fn routes(catcher: Catcher) -> Router {
    Router::new()
        .route("/dev/mail", get(list))
        .route("/dev/mail/messages.json", get(messages))
        .route("/dev/mail/mail.css", get(|| async { ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) }))
        .route("/dev/mail/{id}/html", get(html))
        .with_state(catcher)
        .merge(probes())
}

/// What there is where no mail is shown.
pub fn probes() -> Router {
    Router::new().route("/health", get(|| async { "ok\n" })).route("/ready", get(|| async { "ready\n" }))
}

const STYLE: &str = include_str!("../assets/mail.css");

async fn messages(State(catcher): State<Catcher>, Query(wanted): Query<Wanted>) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(catcher.mails(wanted.to()))).into_response()
}

async fn list(State(catcher): State<Catcher>, Query(wanted): Query<Wanted>) -> Response {
    let mails = catcher.mails(wanted.to());
    (headers(POLICY), document(&mails, wanted.to())).into_response()
}

async fn html(State(catcher): State<Catcher>, Path(id): Path<u64>) -> Response {
    match catcher.mails(None).into_iter().find(|mail| mail.id == id).and_then(|mail| mail.html) {
        Some(html) => (headers(POLICY_OF_A_MAIL), html).into_response(),
        None => (StatusCode::NOT_FOUND, "There is no such mail.\n").into_response(),
    }
}

fn headers(policy: &'static str) -> [(HeaderName, &'static str); 4] {
    [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store"),
        // The links in a mail hold secrets.
        (REFERRER_POLICY, "no-referrer"),
    ]
}

fn document(mails: &[Mail], to: Option<&str>) -> String {
    let shown: String = mails.iter().take(SHOWN).enumerate().map(|(place, mail)| entry(mail, place == 0)).collect();
    let list = match (mails.is_empty(), to) {
        (false, _) => shown,
        (true, None) => "<p class=\"none\">No mail yet. Register an account, and look again.</p>".to_owned(),
        (true, Some(_)) => "<p class=\"none\">No mail to this address.</p>".to_owned(),
    };
    let to = escaped(to.unwrap_or_default());
    include_str!("../assets/mail.html").replace("{to}", &to).replace("{mails}", &list)
}

fn entry(mail: &Mail, open: bool) -> String {
    let as_html = match mail.html {
        Some(_) => format!("<p><a href=\"/dev/mail/{}/html\">As HTML</a></p>", mail.id),
        None => String::new(),
    };
    format!(
        "<details{}><summary><strong>{}</strong> <span>to {} at <time>{}</time></span></summary>\n<pre>{}</pre>\n{}</details>\n",
        if open { " open" } else { "" },
        escaped(&mail.subject),
        escaped(&mail.to.join(", ")),
        mail.received_at.format("%H:%M:%S UTC"),
        linked(&mail.text),
        as_html
    )
}

/// The text as HTML, with its links to be clicked.
fn linked(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let Some(link) = crate::caught::links(word).next() else { return escaped(word) };
        let link = escaped(link);
        escaped(word).replacen(&link, &format!("<a href=\"{link}\">{link}</a>"), 1)
    });
    words.collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_shown_as_text_whatever_it_holds() {
        let shown = linked("<script>alert('x')</script>\nhttps://shop.example/?a=1&b=\"2\"\n");
        assert_eq!(
            shown,
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\n<a \
             href=\"https://shop.example/?a=1&amp;b=&quot;2&quot;\">https://shop.example/?a=1&amp;b=&quot;2&quot;</a>\n"
        );
    }
}

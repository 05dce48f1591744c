//! The edge's cookies. `__Host-` makes the browser itself hold them to this host, to TLS and to no other path.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use super::Secret;

/// Whose browser it is.
pub const SESSION: &str = "__Host-mercato";
/// On which device somebody signed in before.
const DEVICE: &str = "__Host-mercato-device";
/// Which browser began to sign in somewhere else.
pub const FLOW: &str = "__Host-mercato-flow";
/// What a guest's things belong to.
pub const GUEST: &str = "__Host-mercato-guest";

/// The secret in the cookie `name`.
pub fn presented(headers: &HeaderMap, name: &str) -> Option<Secret> {
    value(headers, name).and_then(Secret::parse)
}

/// Whether there is a cookie `name`, whatever it holds.
pub fn carries(headers: &HeaderMap, name: &str) -> bool {
    pairs(headers).any(|(key, _)| key == name)
}

/// What the cookie `name` holds. Of two cookies of one name neither counts: one of them is not ours.
pub fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = pairs(headers).filter(|(key, _)| *key == name).map(|(_, value)| value);
    found.next().filter(|_| found.next().is_none())
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

pub fn setting(name: &str, secret: &Secret, seconds: u64) -> HeaderValue {
    setting_text(name, secret.as_str(), seconds).expect("a secret is base64")
}

/// None where the text cannot stand in a cookie.
pub fn setting_text(name: &str, text: &str, seconds: u64) -> Option<HeaderValue> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte));
    let cookie = format!("{name}={text}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::from_str(&cookie).ok().filter(|_| plain)
}

/// As long as browsers keep a cookie at most: it is enough to sign in once.
const DEVICE_SECONDS: u64 = 400 * 24 * 60 * 60;

/// What the browser's device is known by, as the users subgraph has it.
pub fn device_token(headers: &HeaderMap) -> Option<String> {
    value(headers, DEVICE).map(str::to_owned)
}

pub fn setting_device(token: &str) -> Option<HeaderValue> {
    setting_text(DEVICE, token, DEVICE_SECONDS)
}

pub fn clearing(name: &str) -> HeaderValue {
    let text = format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    HeaderValue::from_str(&text).expect("plain text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cookies: &[&str]) -> Option<Secret> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, cookie.parse().expect("a header value"));
        }
        presented(&headers, SESSION)
    }

    #[test]
    fn a_cookie_is_found_among_others_and_counts_once() {
        let secret = Secret::random().expect("random");
        let ours = format!("__Host-mercato={}", secret.as_str());
        assert!(read(&[&format!("a=b; {ours}; c=d")]) == Some(secret.clone()));
        assert!(read(&["a=b", &ours]) == Some(secret));
        assert!(read(&[&format!("{ours}; {ours}")]).is_none());
        assert!(read(&[&format!("not{ours}")]).is_none());
        assert!(read(&["__Host-mercato=short"]).is_none());
        assert!(read(&[]).is_none());
    }

    #[test]
    fn a_device_s_token_comes_back_as_it_was_given() {
        let token = format!("mdt_{}", Secret::random().expect("random").as_str());
        let cookie = setting_device(&token).expect("a cookie");
        let pair = cookie.to_str().expect("plain text").split(';').next().expect("a pair").to_owned();
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, pair.parse().expect("a header value"));
        assert_eq!(device_token(&headers), Some(token));
        assert!(setting_device("a; b").is_none());
    }

    #[test]
    fn a_cookie_says_all_that_keeps_it_home() {
        let secret = Secret::random().expect("random");
        let cookie = setting(SESSION, &secret, 60);
        let cookie = cookie.to_str().expect("plain text");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=60"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

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

/// The secret in the cookie `name`. Of two cookies of one name neither counts: one of them is not ours.
pub fn presented(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    let pairs = cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) => Secret::parse(value),
        _ => None,
    }
}

pub fn setting(name: &str, secret: &Secret, seconds: u64) -> HeaderValue {
    let text = format!("{name}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}", secret.as_str());
    HeaderValue::from_str(&text).expect("a secret is base64")
}

/// What every token of a device begins with, which the cookie leaves out.
const DEVICE_MARK: &str = "mdt_";
/// As long as browsers keep a cookie at most (400 days) it is enough to sign in once.
const DEVICE_SECONDS: u64 = 400 * 24 * 60 * 60;

/// What the browser's device is known by, as the users subgraph has it.
pub fn device_token(headers: &HeaderMap) -> Option<String> {
    presented(headers, DEVICE).map(|secret| format!("{DEVICE_MARK}{}", secret.as_str()))
}

/// None where the token is not one of a device.
pub fn setting_device(token: &str) -> Option<HeaderValue> {
    Some(setting(DEVICE, &Secret::parse(token.strip_prefix(DEVICE_MARK)?)?, DEVICE_SECONDS))
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
        assert!(setting_device("mdt_short").is_none() && setting_device("mrt_").is_none());
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

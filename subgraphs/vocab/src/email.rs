//! An address that mail can be sent to.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

/// An e-mail address in one spelling, so that one person has one: trimmed, in small letters, its domain as the name
/// system has it (`xn--bcher-kva.example` for `bücher.example`).
///
/// What stands before the `@` is ASCII without quotes: a server takes other letters only with SMTPUTF8 (RFC 6531), and
/// every server on a mail's way must. So such an address is refused at once, instead of promising a mail that nobody
/// delivers.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Email(String);

/// Why no mail can be sent there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmail {
    #[error("That is not an e-mail address: give one such as name@example.com.")]
    Malformed,
    #[error(
        "Mail cannot be sent to an address with such letters before the @ sign: give another, such as name@example.com."
    )]
    Unsendable,
}

/// RFC 5321, 4.5.3.1; 254 is what a path of 256 leaves without its brackets.
const LONGEST_LOCAL: usize = 64;
const LONGEST: usize = 254;

impl Email {
    /// The address, read in letters of every script and width.
    pub fn parse(given: &str) -> Result<Self, NotAnEmail> {
        let given = given.trim();
        if given.len() > 4 * LONGEST {
            return Err(NotAnEmail::Malformed);
        }
        // Letters and signs of a Japanese keyboard are wide.
        let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(given);
        let (local, domain) = plain.rsplit_once('@').ok_or(NotAnEmail::Malformed)?;
        let local = local_part(local)?;
        let domain = domain_in_ascii(domain).ok_or(NotAnEmail::Malformed)?;
        let address = format!("{local}@{domain}");
        if address.len() <= LONGEST { Ok(Self(address)) } else { Err(NotAnEmail::Malformed) }
    }

    /// An address as it was stored. What was taken under older rules stays readable.
    pub fn stored(address: String) -> Self {
        Self(address)
    }

    /// As it is sent to, kept and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As people read it, its domain in its own script.
    pub fn for_people(&self) -> String {
        let Some((local, domain)) = self.0.rsplit_once('@') else { return self.0.clone() };
        match idna::domain_to_unicode(domain) {
            (domain, Ok(())) => format!("{local}@{domain}"),
            _ => self.0.clone(),
        }
    }
}

/// A dot-atom of RFC 5321.
fn local_part(given: &str) -> Result<String, NotAnEmail> {
    if !given.is_ascii() {
        let a_name =
            given.chars().all(|c| c.is_alphanumeric() || !c.is_ascii() && !c.is_control() || is_atext(c) || c == '.');
        return Err(if a_name { NotAnEmail::Unsendable } else { NotAnEmail::Malformed });
    }
    let atoms = given.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
    if atoms && given.len() <= LONGEST_LOCAL { Ok(given.to_ascii_lowercase()) } else { Err(NotAnEmail::Malformed) }
}

fn is_atext(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character)
}

/// The name of a public domain, as the name system has it.
fn domain_in_ascii(given: &str) -> Option<String> {
    let ascii = Uts46::new()
        .to_ascii(given.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()?;
    let (_, top) = ascii.rsplit_once('.')?;
    // A number is no top level: that would be an address of the network.
    let named = top.len() >= 2 && !top.bytes().all(|byte| byte.is_ascii_digit());
    named.then(|| ascii.into_owned())
}

/// Never the address: it must not reach a log.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// From where one was written before.
impl From<String> for Email {
    fn from(stored: String) -> Self {
        Self::stored(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(given: &str) -> Result<String, NotAnEmail> {
        Email::parse(given).map(String::from)
    }

    #[test]
    fn one_person_has_one_address() {
        for (given, kept) in [
            (" Ada@Example.COM ", "ada@example.com"),
            ("ada+shop@example.com", "ada+shop@example.com"),
            ("o'hara_x-1@mail.example.co.uk", "o'hara_x-1@mail.example.co.uk"),
            ("tess@bücher.example", "tess@xn--bcher-kva.example"),
            ("tess@BÜCHER.example", "tess@xn--bcher-kva.example"),
            ("tess@bu\u{308}cher.example", "tess@xn--bcher-kva.example"),
            ("tess@xn--bcher-kva.example", "tess@xn--bcher-kva.example"),
            ("tess@XN--BCHER-KVA.example", "tess@xn--bcher-kva.example"),
            ("info@例え.テスト", "info@xn--r8jz45g.xn--zckzah"),
            ("info@例え。テスト", "info@xn--r8jz45g.xn--zckzah"),
            ("info@президент.рф", "info@xn--d1abbgf6aiiy.xn--p1ai"),
            ("tess@straße.example", "tess@xn--strae-oqa.example"),
            ("ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada@example.com"),
        ] {
            assert_eq!(parsed(given).as_deref(), Ok(kept), "{given}");
        }
    }

    #[test]
    fn what_mail_cannot_reach_is_refused() {
        let long_local = format!("{}@example.com", "x".repeat(65));
        let long_domain = format!("ada@{}.example", "x".repeat(64));
        let long = format!("ada@{}example.com", "x23456789.".repeat(25));
        for given in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "a b@example.com",
            "ada@ex..com",
            "ada@.com",
            "ada@ex.com.",
            ".ada@example.com",
            "ada.@example.com",
            "a..b@example.com",
            "\"a b\"@example.com",
            "ada@[127.0.0.1]",
            "ada@127.0.0.1",
            "ada@example.c",
            "a@b@example.com",
            "ada@exa_mple.com",
            "ada@-example.com",
            "ada@example-.com",
            "a\0@example.com",
            "ada@exam\0ple.com",
            "ada\n@example.com",
            "ada@xn--a.example",
            "<ada@example.com>",
            "ada@example.com\r\nBcc: eve@example.com",
            &long_local,
            &long_domain,
            &long,
        ] {
            assert_eq!(parsed(given), Err(NotAnEmail::Malformed), "{}", given.escape_debug());
        }
    }

    #[test]
    fn letters_that_no_server_need_take_are_refused_with_the_reason() {
        for given in ["müller@example.com", "用户@例え.テスト", "δοκιμή@example.com", "a\u{301}da@example.com"]
        {
            assert_eq!(parsed(given), Err(NotAnEmail::Unsendable), "{given}");
        }
    }

    #[test]
    fn people_read_a_domain_in_its_own_script() {
        for (given, read) in
            [("tess@xn--bcher-kva.example", "tess@bücher.example"), ("ada@example.com", "ada@example.com")]
        {
            assert_eq!(Email::parse(given).unwrap().for_people(), read);
        }
        assert_eq!(Email::stored("no address".to_owned()).for_people(), "no address");
    }
}

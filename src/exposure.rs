//! What strangers could do to a shop as it is configured.

use std::net::{IpAddr, SocketAddr};

use kit::loopback::names_loopback;
use payments::GatewayName;
use reqwest::Url;

use crate::config::Config;
use crate::demo::Demo;

/// One thing each, to follow "strangers can", with what ends it. Nothing for a shop that only its own machine reaches.
pub fn of(config: &Config, demo: Demo) -> Vec<String> {
    let mut found = Vec::new();
    let mut can = |what: &str| found.push(what.to_owned());
    if demo.is_public() && demo.is_on() {
        can("sign in as the demo's shopper and staff, whose passwords everybody knows: leave `--demo` out");
        if config.mail.smtp.reveal() == "catcher" {
            can("read every mail at /dev/mail, and get into any account by the links there: leave `--demo` out");
        }
    }
    if demo.is_public() && !is_deliverable(&config.mail.from) {
        can(
            "get no mail from this shop, and answer none: `mail.from` is at a domain that nobody has. Set it to an address \
             of yours",
        );
    }
    if demo.is_public() && config.edge.public_url.is_empty() && config.mail.links.is_empty() {
        can("verify no address and reset no password: links in mails lead to this machine's own 127.0.0.1. Set \
             `edge.public_url` to the address that customers see");
    }
    if config.edge.proxies > 0 && is_open(config.listen) {
        can(
            "say in `X-Forwarded-For` that they are anybody, and try passwords without end: `edge.proxies` believes whoever \
             connects, and everybody can. Listen where only the proxy reaches it, or say in `edge.trusted_proxies` where \
             the proxies are",
        );
    }
    if demo.is_public() && !config.edge.public_url.starts_with("https://") {
        can(
            "read and change all that is sent, passwords too: there is no TLS. Put a proxy with a certificate before the \
             shop and set `edge.public_url` to its https:// address",
        );
    }
    if demo.is_public() && matches!(config.payments.gateway, GatewayName::Sandbox) {
        can("order without paying: `payments.gateway` is the sandbox, which takes test cards and moves no money");
    }
    if config.redis.reveal().starts_with("redis://") && !names_loopback(config.redis.reveal()) {
        can("read and forge what the shop's processes tell each other, on the way to Redis: use rediss://");
    }
    if is_plain_mail(config.mail.smtp.reveal()) {
        can(
            "read every mail on its way to the mail server, and the password there: use smtps://, or add `?tls=required` to \
             `mail.smtp`",
        );
    }
    let place = config.place("users");
    if let Ok(kit::db::Place::Postgres { url, .. }) = place
        && !is_proven(&url)
    {
        can("read and change the database, on the way to Postgres: add `sslmode=verify-full` to its URL");
    }
    found
}

/// Whether an address may belong to somebody: RFC 2606 and RFC 6761 keep some domains for nobody.
fn is_deliverable(sender: &str) -> bool {
    const NOBODYS: [&str; 8] =
        ["invalid", "example", "test", "localhost", "local", "example.com", "example.net", "example.org"];
    let domain = sender.rsplit('@').next().unwrap_or_default();
    let domain = domain.trim().trim_end_matches('>').trim_end_matches('.').to_ascii_lowercase();
    !NOBODYS
        .iter()
        .any(|nobodys| domain.strip_suffix(nobodys).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether mails leave this machine without TLS.
fn is_plain_mail(server: &str) -> bool {
    server.starts_with("smtp://") && !names_loopback(server) && !server.contains("tls=required")
}

/// Whether others than those of a private network can connect there.
fn is_open(listen: SocketAddr) -> bool {
    match listen.ip().to_canonical() {
        IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local()),
        IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()),
    }
}

/// Whether a Postgres server is on this machine, or proves that it is the one that is meant.
fn is_proven(url: &str) -> bool {
    let Ok(parsed) = Url::parse(url) else { return false };
    let says = |names: &[&str]| parsed.query_pairs().find(|(name, _)| names.contains(&&**name)).map(|(_, said)| said);
    let host = says(&["host", "hostaddr"]).map_or_else(|| parsed.host_str().unwrap_or_default().to_owned(), Into::into);
    let is_socket = host.is_empty() || host.starts_with('/') || host.starts_with("%2F") || host.starts_with("%2f");
    let is_here = is_socket || names_loopback(&format!("postgres://{host}"));
    is_here || says(&["sslmode", "ssl-mode"]).is_some_and(|mode| mode == "verify-full")
}

#[cfg(test)]
mod tests {
    use kit::config::Secret;

    use super::*;
    use crate::demo::Wish;

    fn told(change: impl Fn(&mut Config)) -> String {
        let mut config = Config::load(None).expect("the defaults");
        config.demo = Wish::Auto;
        change(&mut config);
        of(&config, config.decide_demo()).join("\n")
    }

    fn public(config: &mut Config) {
        config.listen = "0.0.0.0:4000".parse().expect("an address");
    }

    #[test]
    fn a_shop_of_this_machine_alone_has_nothing_to_warn_of() {
        assert_eq!(told(|_| ()), "");
        assert_eq!(told(|config| config.demo = Wish::On), "");
    }

    #[test]
    fn each_thing_that_strangers_can_do_is_told_while_they_can() {
        let plain = told(public);
        assert!(plain.contains("no TLS") && plain.contains("without paying"), "{plain}");
        assert!(plain.contains("links in mails lead to this machine"), "{plain}");
        assert!(!plain.contains("passwords everybody") && !plain.contains("/dev/mail"), "{plain}");
        let demo = told(|config| {
            public(config);
            config.demo = Wish::On;
        });
        assert!(demo.contains("passwords everybody knows") && demo.contains("/dev/mail"), "{demo}");
        let proxied = told(|config| config.edge.public_url = "https://shop.example".to_owned());
        assert!(!proxied.contains("links in mails"), "{proxied}");
        assert!(!proxied.contains("no TLS") && proxied.contains("without paying"), "{proxied}");
    }

    #[test]
    fn a_public_shop_is_told_that_its_mails_come_from_nowhere() {
        let from = |from: &str| {
            told(|config| {
                public(config);
                config.mail.from = from.to_owned();
            })
            .contains("mail.from")
        };
        assert!(told(public).contains("mail.from"), "as it comes");
        for nobodys in ["a@b.invalid", "Shop <a@shop.example>", "a@example.com", "Shop <a@MAIL.Example.ORG.>", "a@test"]
        {
            assert!(from(nobodys), "{nobodys}");
        }
        for ours in ["Shop <no-reply@shop.dev>", "a@myexample.com", "a@example.de", "a@latest.io"] {
            assert!(!from(ours), "{ours}");
        }
        let proxied = told(|config| config.edge.public_url = "https://shop.dev".to_owned());
        assert!(proxied.contains("mail.from"), "{proxied}");
    }

    #[test]
    fn proxies_that_anybody_can_pass_for_are_told_of() {
        let forged = |listen: &str, proxies: usize, trusted: &[&str]| {
            told(|config| {
                config.listen = listen.parse().expect("an address");
                config.edge.proxies = proxies;
                config.edge.trusted_proxies = trusted.iter().map(|one| one.parse().expect("a network")).collect();
            })
            .contains("X-Forwarded-For")
        };
        for open in ["0.0.0.0:4000", "[::]:4000", "203.0.113.7:4000", "[::ffff:203.0.113.7]:80"] {
            assert!(forged(open, 1, &[]) && forged(open, 2, &[]), "{open}");
            assert!(!forged(open, 0, &[]) && !forged(open, 0, &["10.0.0.0/8"]), "{open}");
        }
        for closed in ["127.0.0.1:4000", "[::1]:4000", "10.0.0.7:4000", "192.168.1.7:4000", "[fd00::1]:4000"] {
            assert!(!forged(closed, 1, &[]), "{closed}");
        }
    }

    #[test]
    fn mails_that_leave_without_tls_are_told_of() {
        let plain = |url: &str| told(|config| config.mail.smtp = Secret::new(url)).contains("smtps://");
        assert!(plain("smtp://shop:secret@mail.shop.dev:587") && plain("smtp://203.0.113.7:25"));
        for private in
            ["catcher", "smtp://127.0.0.1:1025", "smtps://a:b@mail.shop.dev", "smtp://mail.shop.dev?tls=required"]
        {
            assert!(!plain(private), "{private}");
        }
    }

    #[test]
    fn an_engine_elsewhere_that_proves_nothing_is_told_of() {
        let redis = |url: &str| told(|config| config.redis = Secret::new(url)).contains("rediss://");
        assert!(redis("redis://user:secret@redis.example:6379"));
        assert!(!redis("redis://127.0.0.1:6379") && !redis("rediss://redis.example") && !redis("unix:///a/b"));
        let database = |url: &str| told(|config| config.database = Secret::new(url)).contains("verify-full");
        assert!(database("postgres://a:b@db.example/c") && database("postgres://a:b@db.example/c?sslmode=require"));
        assert!(database("postgres://localhost/c?host=db.example"));
        for proven in [
            "postgres://a:b@db.example/c?sslmode=verify-full",
            "postgres://a@127.0.0.1/c",
            "postgres://a@%2Fvar%2Frun%2Fpostgresql/c",
            "postgres:///c?host=/var/run/postgresql",
            "sqlite",
        ] {
            assert!(!database(proven), "{proven}");
        }
    }
}

//! Where Redis is, and how it and we prove ourselves to each other.

use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::Context;
use redis::{Client, ClientTlsConfig, RedisError, TlsCertificates};
use rustls::crypto::{CryptoProvider, aws_lc_rs};

use crate::config::Secret;

/// A Redis server. `rediss://` is one that is spoken to through TLS.
#[derive(Clone, Debug)]
pub struct RedisServer {
    url: Secret,
    authority: Option<PathBuf>,
    identity: Option<Identity>,
}

/// With what we prove ourselves to a server that asks for a certificate.
#[derive(Clone, Debug)]
struct Identity {
    certificate: PathBuf,
    key: PathBuf,
}

static PROVIDER: Once = Once::new();

impl RedisServer {
    /// One whose certificate an authority has signed that the system trusts, where it has one.
    pub fn at(url: &str) -> Self {
        Self { url: Secret::new(url), authority: None, identity: None }
    }

    /// Trusts the authorities in this PEM file, and no others.
    pub fn with_authority(self, file: &Path) -> Self {
        Self { authority: Some(file.to_owned()), ..self }
    }

    /// Shows this certificate, with its private key; both are PEM files.
    pub fn with_identity(self, certificate: &Path, key: &Path) -> Self {
        Self { identity: Some(Identity { certificate: certificate.to_owned(), key: key.to_owned() }), ..self }
    }

    /// Nothing is connected yet.
    pub fn client(&self) -> anyhow::Result<Client> {
        let url = self.url.reveal();
        // Of two providers that are compiled in, rustls chooses neither by itself.
        PROVIDER.call_once(|| {
            if CryptoProvider::get_default().is_none() {
                let _another_was_first = aws_lc_rs::default_provider().install_default();
            }
        });
        let wrong = |cause: RedisError| anyhow::anyhow!("`redis` is no URL of a Redis server: {cause}");
        if self.authority.is_none() && self.identity.is_none() {
            return Client::open(url).map_err(wrong);
        }
        anyhow::ensure!(
            url.starts_with("rediss://"),
            "`redis_ca`, `redis_cert` and `redis_key` are for rediss:// alone: without TLS nobody proves anything"
        );
        let root_cert = self.authority.as_deref().map(|file| read("redis_ca", file)).transpose()?;
        let client_tls = self.identity.as_ref().map(|Identity { certificate, key }| {
            let (client_cert, client_key) = (read("redis_cert", certificate)?, read("redis_key", key)?);
            Ok::<_, anyhow::Error>(ClientTlsConfig { client_cert, client_key })
        });
        let certificates = TlsCertificates { client_tls: client_tls.transpose()?, root_cert };
        Client::build_with_tls(url, certificates).map_err(wrong)
    }
}

fn read(name: &str, file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("`{name}` names {}, which cannot be read", file.display()))
}

/// What a failure to reach Redis means, where its own words do not say what to do.
const MEANINGS: [(&str, &str); 13] = [
    ("UnknownIssuer", "its certificate is signed by nobody known: name the authority's file with `redis_ca`"),
    ("BadSignature", "its certificate is signed by nobody known: name the authority's file with `redis_ca`"),
    ("insecure", "`#insecure` is refused: a server that proves nothing may be anybody's. Use `redis_ca`"),
    ("NotValidForName", "its certificate is for another host than the URL names"),
    ("not valid for name", "its certificate is for another host than the URL names"),
    ("Expired", "its certificate has expired"),
    ("InvalidContentType", "it does not speak TLS there: use redis://, or its TLS port"),
    ("CertificateRequired", "it asks for a certificate: name ours with `redis_cert` and `redis_key`"),
    ("WRONGPASS", "it does not know this user and password"),
    ("Password authentication failed", "it does not know this user and password"),
    ("NOAUTH", "it asks for a password: redis://user:password@host"),
    ("NoPerm", "the user may not do this: docs/redis.md lists what each role needs"),
    (HANGS_UP, "it hangs up at once, as one that speaks TLS does: use rediss://"),
];
/// So does one that is on its way down.
const HANGS_UP: &str = "unexpected end of file";

fn meaning(cause: &RedisError) -> Option<(&'static str, &'static str)> {
    let told = cause.to_string();
    MEANINGS.into_iter().find(|(words, _)| told.contains(words))
}

/// A failure to reach Redis, with what to do about it.
pub fn explained(cause: &RedisError) -> anyhow::Error {
    match meaning(cause) {
        Some((_, meaning)) => anyhow::anyhow!("{meaning} ({cause})"),
        None => anyhow::anyhow!("{cause}"),
    }
}

/// Whether the same may well work in a moment.
pub fn is_transient_in_redis(cause: &RedisError) -> bool {
    meaning(cause).is_none_or(|(words, _)| words == HANGS_UP)
}

//! How a Postgres server is reached. What is wrong with its URL is said without the URL: a password may stand in it.

use std::time::Duration;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};

use super::{Counted, abandoned};

pub(super) const CONNECTIONS: u32 = 16;
/// Longer than a burst, and short enough that whoever waits hears why: the server is away, or every connection is taken.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(8);
/// What may stand behind the `?` of a URL. Anything else would be passed over, and be told to the log.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// A pool of so many connections to the schema of this name.
pub(super) async fn open(
    url: &str,
    schema: &str,
    connections: u32,
    counted: &Counted,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = options(url)?;
    options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false);
    abandoned::interrupt_on_postgres(&mut options, schema);
    counted.connect(options).await.map_err(explained)
}

/// Looks at a server and leaves nothing behind. How it is reached; an error where it cannot serve.
pub(super) async fn look(url: &str) -> Result<String, DbErr> {
    let mut options = options(url)?;
    options.max_connections(1);
    let visitor = Database::connect(options).await.map_err(explained)?;
    let asked = "SELECT has_database_privilege(current_database(), 'CREATE') AS may, current_setting('server_version') \
                 AS version, coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS tls";
    let row = visitor.query_one_raw(Statement::from_string(DbBackend::Postgres, asked)).await?;
    let row = row.ok_or_else(|| said("it does not answer"))?;
    let (may, version, tls): (bool, String, bool) =
        (row.try_get("", "may")?, row.try_get("", "version")?, row.try_get("", "tls")?);
    visitor.close().await?;
    let tls = if tls { "over TLS" } else { "without TLS" };
    let may = if may { "" } else { "; its user may not create schemas, which a first `mercato migrate` does" };
    Ok(format!("Postgres {version} answers, {tls}{may}"))
}

fn options(url: &str) -> Result<ConnectOptions, DbErr> {
    let reached = parse(url)?;
    // The options hold the server as it was parsed: their own text could be printed.
    let mut options = ConnectOptions::new("postgres://");
    options.sqlx_logging(false);
    options.map_sqlx_postgres_opts(move |_| reached.clone().disable_statement_logging());
    Ok(options)
}

fn parse(url: &str) -> Result<PgConnectOptions, DbErr> {
    let wrong = |what: &str| said(&format!("it is no URL of a Postgres server: {what}"));
    let query = url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        let known = PARAMETERS.contains(&name) || name.starts_with("options[");
        // A `?` in a password that was not encoded looks like a parameter's beginning.
        if !known {
            return Err(wrong("a parameter behind its `?` is unknown (`?` within a password is written `%3F`)"));
        }
    }
    url.parse::<PgConnectOptions>().map_err(|_it_may_cite| {
        wrong(
            "it is postgres://user:password@host:port/database, with what is no letter or digit of a password encoded",
        )
    })
}

/// What a failure to connect means, where its own words do not say what to do.
fn explained(cause: DbErr) -> DbErr {
    let told = cause.to_string();
    let meaning = [
        ("UnknownIssuer", "its certificate is signed by nobody known: name the authority with `sslrootcert`"),
        ("BadSignature", "its certificate is signed by nobody known: name the authority with `sslrootcert`"),
        ("NotValidForName", "its certificate is for another host than the URL names"),
        ("not valid for name", "its certificate is for another host than the URL names"),
        ("Expired", "its certificate has expired"),
        ("does not support TLS", "it does not speak TLS, and `sslmode` asks for it: set `ssl = on` there"),
        ("no encryption", "it lets nobody in without TLS: add `sslmode=verify-full` to the URL"),
    ];
    match meaning.iter().find(|(words, _)| told.contains(words)) {
        Some((_, meaning)) => said(&format!("{meaning} ({told})")),
        None => cause,
    }
}

fn said(what: &str) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(what.to_owned()))
}

#[cfg(test)]
mod tests {
    use sea_orm::sqlx::postgres::PgSslMode;

    use super::*;

    #[test]
    fn a_url_says_how_the_server_proves_itself() {
        let mode = |url: &str| parse(url).expect("a URL").get_ssl_mode();
        let proving = "postgresql://mercato:secret@db.example/mercato?sslmode=verify-full&sslrootcert=/etc/ca.pem";
        assert!(matches!(mode(proving), PgSslMode::VerifyFull));
        assert!(matches!(mode("postgres://mercato@db.example/mercato?sslmode=disable"), PgSslMode::Disable));
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_it() {
        for wrong in [
            "postgres://mercato:hunter2@db.example:port/mercato",
            "postgres://mercato:hunter2@/[",
            "postgres://mercato:hun/ter2@db.example/mercato",
            "postgres://mercato@db.example/mercato?pasword=hunter2",
            "postgres://mercato:a?hunter2@db.example/mercato",
            "postgres://mercato:hunter2@db.example/mercato?sslmode=hunter2",
            "postgres://mercato:hunter2@db.example/mercato?port=hunter2",
            "hunter2",
        ] {
            let refused = parse(wrong).expect_err(wrong).to_string();
            assert!(!refused.contains("unter2") && !refused.contains("ter2"), "{wrong}: {refused}");
            assert!(refused.contains("no URL of a Postgres server"), "{refused}");
        }
        assert!(!format!("{:?}", options("postgres://mercato:hunter2@db.example/mercato")).contains("hunter2"));
    }
}

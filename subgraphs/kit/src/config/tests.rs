use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    listen: String,
    #[serde(default)]
    database: Option<Secret>,
    #[serde(default)]
    mail: Mail,
    #[serde(default)]
    providers: Vec<Mail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mail {
    smtp: Option<Secret>,
}

const DEFAULTS: &str = "listen = \"127.0.0.1:4000\"\n";
const KEYS: Keys = Keys {
    secrets: &["database", "mail.smtp", "providers.smtp"],
    renamed: &[("mail.address", "listen")],
    foreign: &["LAMP_URL"],
};

/// A folder with a secret in `secret`, and a configuration that says `text`. `{}` in it is the folder.
struct Given {
    folder: TempDir,
    file: PathBuf,
}

impl Given {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mercato.toml");
        std::fs::write(&file, text.replace("{}", &folder.path().display().to_string())).expect("written");
        Self { folder, file }
    }

    fn with(self, name: &str, bytes: &[u8]) -> Self {
        std::fs::write(self.folder.path().join(name), bytes).expect("written");
        self
    }

    fn loaded(&self) -> anyhow::Result<Settings> {
        load(DEFAULTS, Some(&self.file), KEYS)
    }

    fn refused(&self) -> String {
        self.loaded().expect_err("it does not hold").to_string()
    }
}

fn revealed(secret: &Option<Secret>) -> &str {
    secret.as_ref().expect("it is given").reveal()
}

#[test]
fn an_unknown_key_is_named() {
    let refused = Given::new("lisen = \"127.0.0.1:1\"\n").refused();
    assert!(refused.contains("lisen"), "{refused}");
    let refused = Given::new("listen_file = \"{}/secret\"\n").with("secret", b"x").refused();
    assert!(refused.contains("listen_file"), "only secrets have a twin: {refused}");
}

#[test]
fn a_secret_never_prints() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret:?} {}", serde_json::to_string(&secret).expect("plain")), "*** \"***\"");
}

#[test]
fn the_defaults_stand_where_nothing_else_is_said() {
    let settings: Settings = load(DEFAULTS, None, KEYS).expect("defaults are whole");
    assert_eq!(settings.listen, "127.0.0.1:4000");
}

#[test]
fn a_secret_is_read_from_the_file_that_its_twin_names_wherever_it_stands() {
    let text = "database_file = \"{}/secret\"\n[mail]\nsmtp_file = \"{}/crlf\"\n[[providers]]\nsmtp_file = \"{}/bare\"\n\
                [[providers]]\nsmtp = \"plain\"\n";
    let given =
        Given::new(text).with("secret", b"postgres://a:b@c/d\n").with("crlf", b"two\n\r\n").with("bare", b" one ");
    let settings = given.loaded().expect("it holds");
    assert_eq!(revealed(&settings.database), "postgres://a:b@c/d");
    assert_eq!(revealed(&settings.mail.smtp), "two\n", "one line break is an editor's, another is the secret's");
    let providers: Vec<&str> = settings.providers.iter().map(|one| revealed(&one.smtp)).collect();
    assert_eq!(providers, [" one ", "plain"]);
}

#[test]
fn a_twin_that_cannot_be_followed_says_why_and_shows_no_secret() {
    let secret = "hunter2hunter2";
    let cases = [
        ("both", format!("database = \"{secret}\"\ndatabase_file = \"{{}}/secret\"\n"), "both given"),
        ("both in a list", format!("[[providers]]\nsmtp = \"{secret}\"\nsmtp_file = \"{{}}/secret\"\n"), "both given"),
        ("missing", "database_file = \"{}/nowhere\"\n".to_owned(), "nowhere, which cannot be read"),
        ("a folder", "database_file = \"{}\"\n".to_owned(), "cannot be read"),
        ("empty", "database_file = \"{}/empty\"\n".to_owned(), "is empty"),
        ("no text", "[mail]\nsmtp_file = \"{}/binary\"\n".to_owned(), "`mail.smtp_file` names"),
        ("huge", "database_file = \"{}/huge\"\n".to_owned(), "longer than"),
        ("no path", "database_file = 7\n".to_owned(), "`database_file` is the path of a file"),
        ("no quotes", "database = 4242424242\n".to_owned(), "`database` is a text"),
        ("no end", format!("database = \"{secret}\n"), "line 1"),
        ("no TOML", format!("database = {secret}\n"), "line 1"),
    ];
    for (what, text, said) in cases {
        let given =
            Given::new(&text).with("secret", secret.as_bytes()).with("empty", b"\n").with("binary", b"\xff\xfe");
        let refused = given.with("huge", &[b'x'; 70_000]).refused();
        assert!(refused.contains(said), "{what}: {refused}");
        assert!(!refused.contains("hunter2") && !refused.contains("4242"), "{what}: {refused}");
    }
}

#[test]
fn a_key_s_former_name_is_obeyed_and_does_not_contradict_the_new_one() {
    let settings = Given::new("[mail]\naddress = \"127.0.0.1:1\"\n").loaded().expect("it holds");
    assert_eq!(settings.listen, "127.0.0.1:1");
    let refused = Given::new("listen = \"127.0.0.1:2\"\n[mail]\naddress = \"127.0.0.1:1\"\n").refused();
    assert!(refused.contains("`mail.address` is the former name of `listen`"), "{refused}");
}

#[test]
fn what_kubernetes_and_other_programs_are_told_is_not_for_us() {
    let of_others = [
        "LAMPS_PORT",
        "LAMPS_SERVICE_HOST",
        "LAMPS_SERVICE_PORT",
        "LAMPS_SERVICE_PORT_HTTP",
        "LAMPS_PORT_4001_TCP",
        "LAMPS_PORT_4001_TCP_PROTO",
        "LAMPS_PORT_4001_TCP_ADDR",
        "PORT",
        "LAMP_URL",
        "ROUTER_LISTEN",
    ];
    for name in of_others {
        assert!(!is_ours(name, KEYS), "{name}");
    }
    for name in ["LISTEN", "LAMPS_URL", "MAIL__PORT", "EXPORT", "LAMPS_POTR", "MAIL__SERVICE_HOST"] {
        assert!(is_ours(name, KEYS), "{name}");
    }
}

use std::collections::BTreeSet;

use super::*;

/// Where in the configuration a secret stands, by what it shows instead.
fn secrets_in(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) if text == "***" => {
            found.insert(path.to_owned());
        }
        serde_json::Value::Array(elements) => elements.iter().for_each(|element| secrets_in(element, path, found)),
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                secrets_in(value, &path, found);
            }
        }
        _ => {}
    }
}

fn from_file(text: &str) -> anyhow::Result<Config> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mercato.toml");
    std::fs::write(&file, text).expect("written");
    Config::load(Some(&file))
}

#[test]
fn every_secret_of_the_configuration_has_its_twin() {
    let provider = "[[edge.providers]]\nname = \"a\"\nkind = \"google\"\nclient_id = \"b\"\nclient_secret = \"c\"\n";
    let config = serde_json::to_value(from_file(provider).expect("it holds")).expect("plain data");
    let mut found = BTreeSet::new();
    secrets_in(&config, "", &mut found);
    let listed: BTreeSet<String> = KEYS.secrets.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(found, listed);
}

#[test]
fn the_former_name_of_demo_is_obeyed() {
    assert_eq!(from_file("").expect("the defaults").demo, Wish::Auto);
    assert_eq!(from_file("[edge]\ndemo = false\n").expect("it holds").demo, Wish::Off);
    assert_eq!(from_file("demo = \"on\"\n").expect("it holds").demo, Wish::On);
    assert!(from_file("demo = \"perhaps\"\n").expect_err("neither").to_string().contains("one of auto, on and off"));
}

#[test]
fn a_process_has_as_many_connections_to_postgres_as_it_is_given_and_one_at_least() {
    let connections = |text: &str| {
        let config = from_file(&format!("database = \"postgres://db.example/mercato\"\n{text}"))?;
        match config.place("users")? {
            Place::Postgres { connections, .. } => Ok(connections),
            Place::Sqlite(_) => anyhow::bail!("no Postgres"),
        }
    };
    assert_eq!(connections("").expect("the default"), 16);
    assert_eq!(connections("database_connections = 4\n").expect("it holds"), 4);
    assert!(connections("database_connections = 0\n").is_err());
}

#[test]
fn an_authority_for_the_database_asks_for_proof() {
    let url = |text: &str| match from_file(text).expect("it holds").place("users").expect("a place") {
        Place::Postgres { url, .. } => url,
        Place::Sqlite(_) => String::new(),
    };
    let database = "database = \"postgres://mercato:secret@db.example/mercato";
    assert_eq!(url(&format!("{database}\"\n")), "postgres://mercato:secret@db.example/mercato");
    let asked = url(&format!("{database}\"\ndatabase_ca = \"/etc/a b.pem\"\n"));
    assert!(asked.ends_with("?sslmode=verify-full&sslrootcert=%2Fetc%2Fa+b.pem"), "{asked}");
    let less = url(&format!("{database}?sslmode=verify-ca\"\ndatabase_ca = \"/etc/ca.pem\"\n"));
    assert!(less.ends_with("?sslmode=verify-ca&sslrootcert=%2Fetc%2Fca.pem"), "{less}");
    let twice = from_file(&format!("{database}?sslrootcert=/a\"\ndatabase_ca = \"/b\"\n")).expect("it is read");
    let refused = twice.place("users").expect_err("which?").to_string();
    assert!(refused.contains("both name an authority") && !refused.contains("secret"), "{refused}");
}

#[test]
fn a_sealing_key_is_given_or_made_by_up_and_by_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = from_file("").expect("the defaults");
    config.data = folder.path().to_owned();
    let refused = format!("{:#}", config.sealing(MakeKey::Never).expect_err("there is none"));
    assert!(refused.contains("sealing_key_file") && refused.contains("openssl rand"), "{refused}");
    let made = config.sealing(MakeKey::WhereThereIsNone).expect("made").name().to_owned();
    assert_eq!(config.sealing(MakeKey::Never).expect("kept").name(), made);
    assert_eq!(config.sealing(MakeKey::WhereThereIsNone).expect("kept").name(), made);
    config.sealing_key = Secret::new("hunter2");
    let refused = format!("{:#}", config.sealing(MakeKey::WhereThereIsNone).expect_err("no key"));
    assert!(refused.contains("`sealing_key`") && !refused.contains("hunter2"), "{refused}");
}

#[test]
fn a_number_of_messages_that_makes_no_sense_is_refused_by_its_name() {
    for (key, value) in [
        ("handle_within_ms", "0"),
        ("claim_every_ms", "0"),
        ("attempts", "0"),
        ("keep_dead_letters_days", "4000000000"),
    ] {
        let refused = from_file(&format!("[messages]\n{key} = {value}\n")).expect_err("refused").to_string();
        assert!(refused.contains(&format!("`messages.{key}` is {value}")), "{refused}");
    }
}

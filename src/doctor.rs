//! `mercato doctor`: what this machine lacks, and how to mend it. It looks, and leaves nothing behind.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use kit::db::Place;
use rustix::fs::{Access, AtFlags, CWD, accessat};

use crate::config::{Config, MakeKey};
use crate::console;
use crate::exposure;
use crate::private;
use crate::up::{Options, settle, table, tools};

/// What a check found: how it is, or how to mend it.
type Finding = Result<String, String>;

const ON: &str = "yes: accounts with public passwords, all mails at /dev/mail. `--demo=off` for none";
const OFF: &str = "no: no demo accounts, and mails are shown nowhere";
const ENGINE_ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// Checks what `up` with the same options would stand on.
pub async fn run(options: Options, config: Config) -> anyhow::Result<()> {
    let config = options.applied_to(config);
    let demo = config.decide_demo();
    let findings = [
        ("data folder", data_folder(&config)),
        ("redis-server", redis_server(&config)),
        ("Apollo Router", router(&config)),
        ("address", address(&config)),
        ("catalogue", catalogue(&config)),
        ("Redis", redis(&config).await),
        ("database", database(&config).await),
        ("sealing key", sealing_key(&config)),
    ];
    let mut broken = 0;
    for (name, finding) in &findings {
        match finding {
            Ok(state) => console::say(&format!("  ok    {name:<14} {state}")),
            Err(remedy) => {
                broken += 1;
                console::say(&format!("  mend  {name:<14} {remedy}"));
            }
        }
    }
    console::say(&format!("  note  {:<14} {}", "demo", if demo.is_on() { ON } else { OFF }));
    table::warn(&exposure::of(&config, demo));
    anyhow::ensure!(broken == 0, "{broken} of {} checks ask for mending", findings.len());
    Ok(())
}

fn data_folder(config: &Config) -> Finding {
    let data = &config.data;
    let another = |cause: &dyn std::fmt::Display| format!("{cause}; name another with --data or MERCATO_DATA");
    let found = data.ancestors().map(here).find(|folder| folder.exists());
    let Some(found) = found else { return Err(another(&format!("there is no {}", data.display()))) };
    if !found.is_dir() {
        return Err(another(&format!("{} is no folder", found.display())));
    }
    accessat(CWD, found, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|cause| format!("{} cannot be written ({cause}): change its owner", found.display()))?;
    if found != here(data) {
        return Ok(format!("{} will be made", data.display()));
    }
    match private::look_at(found).map_err(|cause| format!("{cause:#}"))? {
        private::Seen::Closed => Ok(data.display().to_string()),
        private::Seen::Open => Ok(format!("{}: others may look into it until `mercato up` closes it", data.display())),
    }
}

/// The folder above a relative path is the one that we are in.
fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

fn sealing_key(config: &Config) -> Finding {
    if config.sealing_key.is_empty() && !config.sealing_key_is_kept() {
        return Ok("made by `mercato up`; `mercato serve users` must be given one".to_owned());
    }
    let sealing = config.sealing(MakeKey::Never).map_err(|cause| format!("{cause:#}"))?;
    Ok(format!("`{}`", sealing.name()))
}

fn redis_server(config: &Config) -> Finding {
    if config.redis.reveal() != "private" {
        return Ok("not needed: `redis` names a server".to_owned());
    }
    let program = tools::redis_server().map_err(|cause| cause.to_string())?;
    Ok(version(&program))
}

fn router(config: &Config) -> Finding {
    let program = tools::router(config).map_err(|cause| cause.to_string())?;
    Ok(format!("{} ({})", version(&program), program.display()))
}

fn version(program: &std::path::Path) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|cause| format!("does not start: {cause}"))
}

fn address(config: &Config) -> Finding {
    match TcpListener::bind(config.listen) {
        Ok(_) => Ok(format!("{} is free", config.listen)),
        Err(cause) => {
            Err(format!("{} cannot be had ({cause}): stop what holds it, or give another --listen", config.listen))
        }
    }
}

fn catalogue(config: &Config) -> Finding {
    if config.catalogue == "none" {
        return Ok("none: the shop opens empty".to_owned());
    }
    let found = crate::up::demo::find(&config.catalogue).map_err(|cause| cause.to_string())?;
    Ok(found.display().to_string())
}

async fn redis(config: &Config) -> Finding {
    if config.redis.reveal() == "private" {
        return Ok("started by `mercato up`".to_owned());
    }
    let server = config.redis_server().map_err(|cause| format!("{cause:#}"))?;
    let answers = settle::redis(&server, ENGINE_ANSWERS_WITHIN).await;
    answers.map_err(|cause| format!("{cause:#}: check the URL and that the server runs"))?;
    Ok("answers".to_owned())
}

async fn database(config: &Config) -> Finding {
    let place = config.place("users").map_err(|cause| format!("{cause:#}"))?;
    if let Place::Sqlite(_) = place {
        return Ok("SQLite files in the data folder".to_owned());
    }
    let looked = kit::db::look(&place).await;
    looked.map_err(|cause| format!("Postgres cannot be used ({cause}): check the URL, and that the server runs"))
}

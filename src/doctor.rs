//! `mercato doctor`: what this machine lacks, and how to mend it.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use kit::Db;
use kit::db::Place;

use crate::config::Config;
use crate::up::{Options, settle, table, tools};

/// What a check found: how it is, or how to mend it.
type Finding = Result<String, String>;

const ENGINE_ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// Checks what `up` with the same options would stand on.
pub async fn run(options: Options, config: Config) -> anyhow::Result<()> {
    let mut config = options.applied_to(config);
    let findings = [
        ("data folder", data_folder(&mut config)),
        ("redis-server", redis_server(&config)),
        ("Apollo Router", router(&config)),
        ("address", address(&config)),
        ("catalogue", catalogue(&config)),
        ("Redis", redis(&config).await),
        ("database", database(&config).await),
    ];
    let mut broken = 0;
    for (name, finding) in &findings {
        match finding {
            Ok(state) => table::say(&format!("  ok    {name:<14} {state}")),
            Err(remedy) => {
                broken += 1;
                table::say(&format!("  mend  {name:<14} {remedy}"));
            }
        }
    }
    anyhow::ensure!(broken == 0, "{broken} of {} checks ask for mending", findings.len());
    Ok(())
}

fn data_folder(config: &mut Config) -> Finding {
    config.prepare_data().map_err(|cause| format!("{cause:#}; name another with --data or MERCATO_DATA"))?;
    let probe = config.data.join(".doctor");
    std::fs::write(&probe, b"")
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|cause| format!("{} cannot be written ({cause}): change its owner", config.data.display()))?;
    Ok(config.data.display().to_string())
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
    let answers = settle::redis(config.redis.reveal(), ENGINE_ANSWERS_WITHIN).await;
    answers.map_err(|cause| format!("{cause:#}: check the URL and that the server runs"))?;
    Ok("answers".to_owned())
}

async fn database(config: &Config) -> Finding {
    let place = config.place("doctor").map_err(|cause| cause.to_string())?;
    if let Place::Sqlite(_) = place {
        return Ok("SQLite files in the data folder".to_owned());
    }
    Db::open(&place).await.map_err(|cause| {
        format!("Postgres cannot be used ({cause}): check the URL, and that the user may create schemas")
    })?;
    Ok("Postgres answers".to_owned())
}

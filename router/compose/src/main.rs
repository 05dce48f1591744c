//! Composes the subgraphs named in `supergraph.yaml` into `schema/supergraph.graphql`, which the router loads, and
//! `schema/api.graphql`, which is what a client can see. `--check` writes nothing and fails when either is stale.
//!
//! It runs the composition engine of the very router that serves the result, so what composes here also plans there.

mod subgraphs;
mod written;

use std::{env, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};

use crate::{subgraphs::Subgraphs, written::Written};

const USAGE: &str = "usage: cargo run -p compose -- [--check]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let check = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!(USAGE),
    };
    let root = root()?;
    let composed = Subgraphs::read(&root)?.compose()?;
    for hint in &composed.hints {
        eprintln!("{hint}");
    }
    let written = Written::new(
        &root.join("schema"),
        [("supergraph.graphql", composed.supergraph), ("api.graphql", composed.api)],
    );
    if check { written.check() } else { written.write() }
}

/// The nearest directory upwards that holds `supergraph.yaml`: `cargo run` keeps the caller's directory.
fn root() -> Result<PathBuf> {
    let here = env::current_dir()?;
    let root = here.ancestors().find(|directory| directory.join(subgraphs::FILE).is_file());
    root.map(PathBuf::from).with_context(|| format!("no {} in {} or above it", subgraphs::FILE, here.display()))
}

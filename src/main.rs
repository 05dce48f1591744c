//! `mercato`: a shop's whole back end in one binary.

mod admin;
mod bench;
mod config;
mod console;
mod dead_letters;
mod demo;
mod doctor;
mod exposure;
mod import;
mod keys;
mod leash;
mod migrate;
mod open_files;
mod private;
mod reach;
mod replicas;
mod role;
mod schema;
mod serve;
mod streams;
mod up;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// A shop's whole back end as one supergraph.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// A configuration file; every key is documented in config.default.toml.
    #[arg(long, global = true, value_name = "FILE", env = "MERCATO_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole shop on this machine.
    Up(up::Options),
    /// Run one role.
    Serve(serve::Options),
    /// Load a catalogue.
    Import {
        /// A file in Mercato's import format, gzipped or plain.
        file: PathBuf,
    },
    /// Bring every database to the schema of this version.
    Migrate(migrate::Options),
    /// Write the schema of every subgraph to `schema/`.
    Schema(schema::Options),
    /// Check tools, addresses and engines, and say how to mend each.
    Doctor(up::Options),
    /// List, show, send again or drop messages that were not to be handled.
    DeadLetters(dead_letters::Options),
    /// Have replicas of search build their index anew.
    Search(replicas::Options),
    /// Make accounts of the staff.
    Admin(admin::Options),
    /// List the keys that sign tokens, and change them.
    Keys(keys::Options),
    /// Measure a running shop.
    Bench(bench::Options),
    /// Run a program for as long as standard input stays open.
    #[command(hide = true)]
    Leash {
        /// Become the program, and end when the process of this number does.
        #[arg(long)]
        to: Option<u32>,
        #[arg(trailing_var_arg = true, required = true)]
        program: Vec<OsString>,
    },
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // What these two write is for whoever reads the source tree.
    if !matches!(cli.command, Command::Schema(_) | Command::Bench(_)) {
        private::keep_to_ourselves();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return failed(&cause.into()),
    };
    let done = runtime.block_on(run(cli));
    // A thread that reads from standard input would be waited for, and with it the end of whoever starts us again.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => failed(&cause),
    }
}

#[expect(clippy::print_stderr, reason = "the command's own last words")]
fn failed(cause: &anyhow::Error) -> ExitCode {
    eprintln!("mercato: {cause:#}");
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Up(options) => up::run(options, Config::load(cli.config.as_deref())?, cli.config).await,
        Command::Serve(options) => serve::run(options, Config::load(cli.config.as_deref())?).await,
        Command::Import { file } => import::command(&file, Config::load(cli.config.as_deref())?).await,
        Command::Migrate(options) => migrate::run(&options, Config::load(cli.config.as_deref())?).await,
        Command::Schema(options) => schema::run(&options),
        Command::Doctor(options) => doctor::run(options, Config::load(cli.config.as_deref())?).await,
        Command::DeadLetters(options) => dead_letters::run(options, Config::load(cli.config.as_deref())?).await,
        Command::Search(options) => replicas::run(options, Config::load(cli.config.as_deref())?).await,
        Command::Admin(options) => admin::run(options, Config::load(cli.config.as_deref())?).await,
        Command::Keys(options) => keys::run(options, Config::load(cli.config.as_deref())?).await,
        Command::Bench(options) => bench::run(options).await,
        Command::Leash { to: Some(parent), program } => leash::become_bound(&program, parent),
        Command::Leash { to: None, program } => leash::run(&program).await,
    }
}

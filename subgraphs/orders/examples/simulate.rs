//! Simulates orders by the million: `cargo run --release -p orders --example simulate -- --sagas 1000000 --seed 1`.
//!
//! Order number `n` of a run has the seed `seed + n`; a violation is told with its own, to run it again alone.

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::{Context, bail};
use orders::saga::simulation::{Figures, Violation, run};

/// Told in full; more are only counted.
const VIOLATIONS_TOLD: usize = 20;

fn main() -> anyhow::Result<ExitCode> {
    let (mut sagas, mut seed) = (1_000_000_u64, 1_u64);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("`{name}` needs a number"))?.parse()?;
        match name.as_str() {
            "--sagas" => sagas = value,
            "--seed" => seed = value,
            _ => bail!("`{name}` is not known: give --sagas and --seed"),
        }
    }
    let begun = Instant::now();
    let workers = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let mut figures = Figures::default();
    let mut violations = Vec::new();
    thread::scope(|scope| -> anyhow::Result<()> {
        let started: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || simulate(worker, workers, sagas, seed))).collect();
        for worker in started {
            let Ok((some, broken)) = worker.join() else { bail!("a worker has panicked") };
            figures.add(&some);
            violations.extend(broken);
        }
        Ok(())
    })?;
    violations.sort_by_key(|violation| violation.seed);
    tell(&figures, &violations, begun.elapsed().as_secs_f64())?;
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn simulate(worker: u64, workers: u64, sagas: u64, seed: u64) -> (Figures, Vec<Violation>) {
    let mut figures = Figures::default();
    let mut violations = Vec::new();
    let mut index = worker;
    while index < sagas {
        match run(seed.wrapping_add(index)) {
            Ok(one) => figures.add(&one),
            Err(violation) => violations.push(violation),
        }
        index += workers;
    }
    (figures, violations)
}

fn tell(figures: &Figures, violations: &[Violation], seconds: f64) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let rows = [
        ("sagas", figures.sagas + violations.len() as u64),
        ("messages", figures.messages),
        ("dropped", figures.dropped),
        ("duplicated", figures.duplicated),
        ("reordered", figures.reordered),
        ("late", figures.late),
        ("crashes", figures.crashes),
        ("overtaken", figures.overtaken),
        ("confirmed", figures.confirmed),
        ("completed", figures.completed),
        ("cancelled", figures.cancelled),
        ("refunded", figures.refunded),
        ("arrived", figures.arrived_and_refunded),
        ("recalled", figures.recalled),
        ("returned", figures.returned),
        ("violations", violations.len() as u64),
    ];
    for (name, value) in rows {
        writeln!(out, "{name:<12}{value:>12}")?;
    }
    writeln!(out, "{:<12}{seconds:>12.1}", "seconds")?;
    for violation in violations.iter().take(VIOLATIONS_TOLD) {
        writeln!(out, "{violation} (again: --seed {} --sagas 1)", violation.seed)?;
    }
    Ok(())
}

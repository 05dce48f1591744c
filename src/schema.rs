//! Writes what each subgraph serves to `schema/`, where it is reviewed and composed.

use std::path::PathBuf;

use anyhow::Context;

#[derive(clap::Args)]
pub struct Options {
    /// The folder to write to.
    #[arg(long, default_value = "schema")]
    out: PathBuf,
    /// Write nothing; fail when a file is not what its subgraph serves.
    #[arg(long)]
    check: bool,
}

/// Every subgraph's name and SDL.
pub fn subgraphs() -> [(&'static str, String); 8] {
    [
        ("catalog", kit::sdl::export(&catalog::schema())),
        ("inventory", kit::sdl::export(&inventory::schema())),
        ("orders", kit::sdl::export(&orders::schema())),
        ("payments", kit::sdl::export(&payments::schema())),
        ("reviews", kit::sdl::export(&reviews::schema())),
        ("search", kit::sdl::export(&search::schema())),
        ("shipping", kit::sdl::export(&shipping::schema())),
        ("users", kit::sdl::export(&users::schema())),
    ]
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    for (name, sdl) in subgraphs() {
        let path = options.out.join(format!("{name}.graphql"));
        if options.check {
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            anyhow::ensure!(written == sdl, "{} is stale: run `./mercato schema`", path.display());
        } else {
            std::fs::create_dir_all(&options.out)?;
            std::fs::write(&path, sdl).with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    Ok(())
}

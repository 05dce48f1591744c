//! The glossary leads to what is there.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests stand in the tree")
}

/// The sources of a crate, by its name in paths.
fn sources(name: &str) -> PathBuf {
    match name {
        "web_bff" => root().join("web-bff/src"),
        "mercato" => root().join("src"),
        subgraph => root().join("subgraphs").join(subgraph).join("src"),
    }
}

/// Whether `orders::saga::Event` leads somewhere: to modules by their files, and at the end to something that is declared
/// in the last of them or below it.
fn leads_somewhere(path: &str) -> bool {
    let mut steps = path.split("::");
    let Some(mut at) = steps.next().map(sources).filter(|folder| folder.is_dir()) else { return false };
    for step in steps {
        let (folder, file) = (at.join(step), at.join(step).with_extension("rs"));
        if !folder.is_dir() && !file.is_file() {
            return declares(&at, step);
        }
        at = folder;
    }
    true
}

fn declares(module: &Path, name: &str) -> bool {
    let file = module.with_extension("rs");
    let mut texts: Vec<String> = std::fs::read_to_string(file).into_iter().collect();
    let below = std::fs::read_dir(module).into_iter().flatten().flatten();
    texts.extend(below.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()));
    let declared = ["struct", "enum", "trait", "fn", "type"].map(|keyword| format!("{keyword} {name}"));
    texts.iter().any(|text| {
        declared.iter().any(|declared| text.contains(declared.as_str())) || text.contains(&format!("{name} {{"))
    })
}

#[test]
fn every_term_of_the_glossary_lives_where_it_says() {
    let text = std::fs::read_to_string(root().join("docs/glossary.md")).expect("the glossary");
    let mut looked_at = 0;
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| term")) {
        let place = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        for path in place.split('`').skip(1).step_by(2).filter(|path| path.contains("::")) {
            looked_at += 1;
            assert!(leads_somewhere(path), "`{path}` is not there: {row}");
        }
    }
    assert!(looked_at >= 80, "the glossary names {looked_at} places");
}

//! Which module of a crate knows which: one way only. Inside a subgraph the way is graph → use case → store → noun.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree};

/// Every crate of ours that is more than a handful of files, by the folder of its sources.
const CRATES: [&str; 13] = [
    "src",
    "web-bff/src",
    "mail-catcher/src",
    "subgraphs/kit/src",
    "subgraphs/vocab/src",
    "subgraphs/users/src",
    "subgraphs/catalog/src",
    "subgraphs/inventory/src",
    "subgraphs/search/src",
    "subgraphs/orders/src",
    "subgraphs/payments/src",
    "subgraphs/reviews/src",
    "subgraphs/shipping/src",
];

/// The top modules of a crate; of each, those that it uses, with a file that does.
type Uses = BTreeMap<String, BTreeMap<String, PathBuf>>;

#[test]
fn no_module_uses_one_that_uses_it() {
    let (mut modules, mut arrows) = (0, 0);
    for folder in CRATES {
        let uses = uses_of(folder);
        modules += uses.len();
        arrows += uses.values().map(BTreeMap::len).sum::<usize>();
        if let Some(cycle) = cycle(&uses) {
            let steps: Vec<String> = cycle
                .windows(2)
                .map(|pair| format!("  {} uses {} in {}", pair[0], pair[1], uses[&pair[0]][&pair[1]].display()))
                .collect();
            panic!(
                "the modules of {folder} use each other in a circle:\n{}\nLet what both need stand in a third module.",
                steps.join("\n")
            );
        }
    }
    assert!(modules >= 170 && arrows >= 400, "there are {modules} modules and {arrows} uses: are all sources read?");
}

#[test]
fn what_a_subgraph_answers_is_used_by_nothing_below_it() {
    let mut looked_at = 0;
    for folder in CRATES.iter().filter(|folder| folder.starts_with("subgraphs/")) {
        for (module, used) in uses_of(folder) {
            looked_at += 1;
            let file = used.get("graph");
            assert!(file.is_none(), "`{module}` uses `graph` in {file:?}: a rule must not know how it is asked for");
        }
    }
    assert!(looked_at >= 130, "there are {looked_at} modules: are all sources read?");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests stand in the tree")
}

fn uses_of(folder: &str) -> Uses {
    let folder = root().join(folder);
    let mut uses = Uses::new();
    read(&folder, &folder, &mut uses);
    let modules: BTreeSet<String> = uses.keys().cloned().collect();
    for (module, used) in &mut uses {
        used.retain(|other, _| other != module && modules.contains(other));
    }
    uses
}

fn read(folder: &Path, root: &Path, uses: &mut Uses) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|cause| panic!("{}: {cause}", folder.display())) {
        let path = entry.expect("an entry of a folder").path();
        if path.is_dir() {
            read(&path, root, uses);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            read_file(&path, root, uses);
        }
    }
}

/// The crate's root may know all of its modules, and tests may know everything.
fn read_file(path: &Path, root: &Path, uses: &mut Uses) {
    let place = path.strip_prefix(root).expect("a file below the sources").with_extension("");
    let module: Vec<String> = place.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let of_tests = module.iter().any(|part| part == "tests" || part == "bin");
    if of_tests || matches!(module.as_slice(), [only] if only == "lib" || only == "main") {
        return;
    }
    let text = std::fs::read_to_string(path).expect("a source is text");
    let file = syn::parse_file(&text).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
    let mut reader = Reader { module: module.clone(), used: BTreeSet::new() };
    reader.visit_file(&file);
    let of_this = uses.entry(module[0].clone()).or_default();
    for other in reader.used {
        of_this.entry(other).or_insert_with(|| path.to_owned());
    }
}

/// Reads which top modules of its crate a file names.
struct Reader {
    module: Vec<String>,
    used: BTreeSet<String>,
}

impl Reader {
    /// Takes down where a path leads that begins in this crate.
    fn follow(&mut self, path: &[String]) {
        let mut at = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("super" | "self") => self.module.clone(),
            _ => return,
        };
        for step in path {
            match step.as_str() {
                "crate" | "self" => {}
                "super" => drop(at.pop()),
                name => at.push(name.to_owned()),
            }
        }
        self.used.extend(at.into_iter().next());
    }

    fn follow_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.follow_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.follow(&with(&name.ident)),
            UseTree::Rename(name) => self.follow(&with(&name.ident)),
            UseTree::Glob(_) => self.follow(before),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.follow_tree(before, item)),
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_of_tests(&item.attrs) {
            self.follow_tree(&[], &item.tree);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if is_of_tests(&item.attrs) {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.follow(&names);
        visit::visit_path(self, path);
    }
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains("test"))
    })
}

/// Modules of which each uses the next and the last is the first, if there are any.
fn cycle(uses: &Uses) -> Option<Vec<String>> {
    let mut through = BTreeSet::new();
    uses.keys().find_map(|module| search(module, uses, &mut Vec::new(), &mut through))
}

fn search(module: &str, uses: &Uses, way: &mut Vec<String>, through: &mut BTreeSet<String>) -> Option<Vec<String>> {
    if let Some(at) = way.iter().position(|before| before == module) {
        return Some(way[at..].iter().cloned().chain([module.to_owned()]).collect());
    }
    if through.contains(module) {
        return None;
    }
    way.push(module.to_owned());
    let found = uses[module].keys().find_map(|other| search(other, uses, way, through));
    way.pop();
    through.insert(module.to_owned());
    found
}

#[test]
fn a_circle_is_found() {
    let arrow = |to: &str| BTreeMap::from([(to.to_owned(), PathBuf::from("a.rs"))]);
    let mut uses: Uses = [("a", arrow("b")), ("b", arrow("c")), ("c", arrow("b"))]
        .into_iter()
        .map(|(module, used)| (module.to_owned(), used))
        .collect();
    assert_eq!(cycle(&uses), Some(vec!["b".to_owned(), "c".to_owned(), "b".to_owned()]));
    uses.insert("c".to_owned(), BTreeMap::new());
    assert_eq!(cycle(&uses), None);
}

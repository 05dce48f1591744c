//! What the matches can be narrowed to.

use std::collections::{BTreeSet, HashMap};

use vocab::{CategoryId, CurrencyCode};

use super::facet_collector::Found;
use crate::filter::{Filter, Selection};
use crate::index::{Snapshot, Tree};
use crate::price_band::{BANDS, PriceBand};

/// How many brands are shown.
const MOST_BRANDS: usize = 20;

/// How the values of a facet are best shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub enum FacetKind {
    /// Names to choose from.
    List,
    /// Steps of a scale, in its order.
    Range,
}

#[derive(Debug)]
pub struct Facet {
    pub key: &'static str,
    pub label: &'static str,
    pub kind: FacetKind,
    pub values: Vec<FacetValue>,
}

#[derive(Debug)]
pub struct FacetValue {
    pub label: String,
    pub count: u64,
    pub selected: bool,
    pub filter: Filter,
}

pub fn count(snapshot: &Snapshot, selection: &Selection, found: &Found) -> Vec<Facet> {
    let facet = |key, label, kind, values| Facet { key, label, kind, values };
    vec![
        facet("brand", "Brand", FacetKind::List, brands(snapshot, selection, found)),
        facet("category", "Category", FacetKind::List, categories(snapshot, selection, found)),
        facet("price", "Price", FacetKind::Range, prices(snapshot, selection, found)),
    ]
}

/// The selected categories without those that a narrower selected one stands for: who has chosen computers and then
/// notebooks wants notebooks.
pub fn narrowest(tree: &Tree, selected: &BTreeSet<CategoryId>) -> Vec<CategoryId> {
    let widened: BTreeSet<&CategoryId> = selected.iter().flat_map(|id| tree.above(id)).collect();
    selected.iter().filter(|id| !widened.contains(id)).cloned().collect()
}

fn by_count(values: &mut [FacetValue]) {
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
}

fn brands(snapshot: &Snapshot, selection: &Selection, found: &Found) -> Vec<FacetValue> {
    let mut counts: HashMap<&str, u64> = selection.brands.iter().map(|brand| (brand.as_str(), 0)).collect();
    for segment in &found.counts {
        let brands = &snapshot.shelves[segment.segment as usize].brands;
        for (brand, &count) in brands.iter().zip(&segment.brands).filter(|(_, count)| **count > 0) {
            *counts.entry(brand).or_default() += u64::from(count);
        }
    }
    let mut values: Vec<FacetValue> = counts
        .into_iter()
        .map(|(brand, count)| FacetValue {
            label: brand.to_owned(),
            count,
            selected: selection.brands.contains(brand),
            filter: Filter::Brand(brand.to_owned()),
        })
        .collect();
    by_count(&mut values);
    let mut shown = 0;
    values.retain(|value| {
        shown += 1;
        shown <= MOST_BRANDS || value.selected
    });
    values
}

fn categories(snapshot: &Snapshot, selection: &Selection, found: &Found) -> Vec<FacetValue> {
    let tree = &snapshot.categories;
    let mut counts: HashMap<&CategoryId, u64> = HashMap::new();
    for segment in &found.counts {
        let paths = &snapshot.shelves[segment.segment as usize].paths;
        for (path, &count) in paths.iter().zip(&segment.paths).filter(|(_, count)| **count > 0) {
            for step in path {
                *counts.entry(&step.id).or_default() += u64::from(count);
            }
        }
    }
    let value = |id: &CategoryId| FacetValue {
        label: tree.name(id).unwrap_or(id.as_str()).to_owned(),
        count: counts.get(id).copied().unwrap_or(0),
        selected: selection.categories.contains(id),
        filter: Filter::Category(id.clone()),
    };
    let mut chosen: Vec<&CategoryId> = selection.categories.iter().collect();
    chosen.sort_by_key(|id| tree.above(id).count());
    let mut offered: Vec<FacetValue> = offered(tree, selection).into_iter().map(value).collect();
    offered.retain(|value| value.count > 0);
    by_count(&mut offered);
    let mut values: Vec<FacetValue> = chosen.into_iter().map(value).collect();
    values.append(&mut offered);
    values
}

/// The categories to go on with: below the selected ones; beside one that has none below; the roots at first.
fn offered<'a>(tree: &'a Tree, selection: &'a Selection) -> BTreeSet<&'a CategoryId> {
    if selection.categories.is_empty() {
        return tree.children(None).collect();
    }
    let mut offered: BTreeSet<&CategoryId> = BTreeSet::new();
    for id in selection.categories.iter().filter(|id| tree.name(id).is_some()) {
        let narrowed = selection.categories.iter().any(|other| tree.above(other).any(|above| above == id));
        if narrowed {
            continue;
        }
        let below: Vec<&CategoryId> = tree.children(Some(id)).collect();
        if below.is_empty() {
            offered.extend(tree.children(tree.parent(id)));
        }
        offered.extend(below);
    }
    offered.retain(|&id| !selection.categories.contains(id));
    offered
}

fn prices(snapshot: &Snapshot, selection: &Selection, found: &Found) -> Vec<FacetValue> {
    let mut counts: HashMap<CurrencyCode, [u64; BANDS]> = HashMap::new();
    for segment in &found.counts {
        let currencies = &snapshot.shelves[segment.segment as usize].currencies;
        for (&currency, bands) in currencies.iter().zip(&segment.bands) {
            let sums = counts.entry(currency).or_default();
            sums.iter_mut().zip(bands).for_each(|(sum, &count)| *sum += u64::from(count));
        }
    }
    let chosen = selection.prices.first().map(|band| band.currency());
    let commonest = counts.iter().max_by_key(|(currency, bands)| (bands.iter().sum::<u64>(), **currency));
    let Some(currency) = chosen.or(commonest.map(|(currency, _)| *currency)) else { return Vec::new() };
    let counts = counts.remove(&currency).unwrap_or_default();
    let values = PriceBand::all(currency).map(|band| FacetValue {
        label: band.label(),
        count: counts[band.step()],
        selected: selection.prices.contains(&band),
        filter: Filter::Price(band),
    });
    values.filter(|value| value.count > 0 || value.selected).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Category;

    fn tree() -> Tree {
        let path = |ids: &[&str]| -> Vec<Category> {
            ids.iter().map(|id| Category { id: CategoryId::of_key(id), name: (*id).to_owned() }).collect()
        };
        Tree::of([path(&["a", "b", "c"]), path(&["a", "d"]), path(&["e"])].iter())
    }

    fn selected(ids: &[&str]) -> Selection {
        Selection { categories: ids.iter().map(|id| CategoryId::of_key(id)).collect(), ..Selection::default() }
    }

    fn offers(ids: &[&str]) -> Vec<String> {
        offered(&tree(), &selected(ids)).into_iter().map(|id| id.to_string()).collect()
    }

    #[test]
    fn a_narrower_category_stands_for_the_wider_one() {
        let narrowed = narrowest(&tree(), &selected(&["a", "c", "e"]).categories);
        assert_eq!(narrowed, [CategoryId::of_key("c"), CategoryId::of_key("e")]);
    }

    #[test]
    fn categories_are_offered_step_by_step() {
        assert_eq!(offers(&[]), ["cat_a", "cat_e"]);
        assert_eq!(offers(&["a"]), ["cat_b", "cat_d"]);
        assert_eq!(offers(&["a", "b"]), ["cat_c"]);
        assert_eq!(offers(&["d"]), ["cat_b"]);
        assert_eq!(offers(&["unknown"]), [""; 0]);
    }
}

//! Lands categories and products, batch by batch: what changed, and the message that says so, in one transaction.

use std::collections::{HashMap, HashSet};

use kit::{Result, Txn};
use vocab::CategoryId;

use super::{Store, category, listing, product, variant};
use crate::category::Category;
use crate::events::{self, PRODUCTS_PER_MESSAGE, Whole};
use crate::import::{CategoryLine, Imported, ProductLine};
use crate::product::{Detail, Product, Variant};

impl Store {
    /// Lands categories. A parent may stand behind its children, within one call.
    pub async fn import_categories(&self, lines: &[CategoryLine]) -> Result<Imported> {
        let txn = self.db.begin().await?;
        let before = category::all(&*txn).await?;
        let mut tree = Tree { categories: before.clone(), rejected: Vec::new() };
        tree.plant(lines);
        let changed: Vec<Category> =
            tree.categories.values().filter(|now| before.get(&now.id) != Some(*now)).cloned().collect();
        category::upsert(&*txn, &changed).await?;
        let moved = tree.moved(&before);
        resettle(&txn, &moved, &tree.categories).await?;
        txn.commit().await?;
        let named: HashSet<CategoryId> = lines.iter().map(|line| CategoryId::of_key(&line.id)).collect();
        let changed = changed.iter().filter(|category| named.contains(&category.id)).count();
        let unchanged = lines.len() - tree.rejected.len() - changed.min(lines.len() - tree.rejected.len());
        Ok(Imported { changed, unchanged, rejected: tree.rejected })
    }

    /// Lands products with their variants, and tells of those that are not what they were.
    pub async fn import_products(&self, lines: &[ProductLine]) -> Result<Imported> {
        let txn = self.db.begin().await?;
        let categories = category::all(&*txn).await?;
        let rejected = refusals(&txn, lines, &categories).await?;
        let sound = lines.iter().enumerate().filter(|(index, _)| !rejected.contains_key(index)).map(|(_, line)| line);
        let sound: Vec<&ProductLine> = sound.collect();

        let ids: Vec<String> = sound.iter().map(|line| line.product_id().to_string()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let known = product::known(&*txn, &ids).await?;
        let (mut changed, mut digests, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
        for (line, id) in sound.iter().zip(&ids) {
            let digest = line.digest()?;
            let before = known.get(*id);
            if before.is_some_and(|before| before.digest == digest) {
                continue;
            }
            if before.is_some() {
                replaced.push(*id);
            }
            changed.extend(line.whole(before.map_or(1, |before| before.version + 1)));
            digests.push(digest);
        }
        variant::delete_of(&*txn, &replaced).await?;
        listing::delete_of(&*txn, &replaced).await?;
        write(&txn, &changed, &digests, &categories).await?;
        events::send(&txn, &changed, &categories).await?;
        txn.commit().await?;

        let mut rejected: Vec<(usize, String)> = rejected.into_iter().collect();
        rejected.sort_unstable();
        Ok(Imported { changed: changed.len(), unchanged: sound.len() - changed.len(), rejected })
    }

    /// Whether the catalog has no product yet.
    pub async fn is_empty(&self) -> Result<bool> {
        Ok(product::currency(self.db.reader()).await?.is_none())
    }

    /// Which of these products the catalog has. Ids as the catalog writes them.
    pub async fn known_products(&self, ids: &[&str]) -> Result<HashSet<String>> {
        Ok(product::known(self.db.reader(), ids).await?.into_keys().collect())
    }
}

async fn write(
    txn: &Txn,
    changed: &[Whole],
    digests: &[String],
    categories: &HashMap<CategoryId, Category>,
) -> Result<()> {
    let rows: Vec<(&Product, &Detail, &str)> =
        changed.iter().zip(digests).map(|(whole, digest)| (&whole.product, &whole.detail, digest.as_str())).collect();
    product::upsert(&**txn, &rows).await?;
    let variants: Vec<&Variant> = changed.iter().flat_map(|whole| &whole.variants).collect();
    variant::insert(&**txn, &variants).await?;
    let products: Vec<&Product> = changed.iter().map(|whole| &whole.product).collect();
    listing::replace(&**txn, &products, categories).await
}

pub(super) async fn whole(connection: &impl sea_orm::ConnectionTrait, products: Vec<Product>) -> Result<Vec<Whole>> {
    let ids: Vec<&str> = products.iter().map(|product| product.id.as_str()).collect();
    let mut details = product::details(connection, &ids).await?;
    let mut variants = variant::all_of(connection, &ids).await?;
    let whole = products.into_iter().map(|product| {
        let detail = details.remove(product.id.as_str()).unwrap_or_default();
        let variants = variants.remove(&product.id).unwrap_or_default();
        Whole { product, detail, variants }
    });
    Ok(whole.collect())
}

/// Files the products of categories that moved or were renamed anew, and tells of them.
async fn resettle(txn: &Txn, moved: &[CategoryId], categories: &HashMap<CategoryId, Category>) -> Result<()> {
    if moved.is_empty() {
        return Ok(());
    }
    let mut after = None;
    loop {
        let limit = PRODUCTS_PER_MESSAGE as u64;
        let mut products = product::walk(&**txn, Some(moved), after.as_ref(), limit).await?;
        let Some(last) = products.last() else { return Ok(()) };
        after = Some(last.id.clone());
        product::bump(&**txn, &products).await?;
        for product in &mut products {
            product.version += 1;
        }
        let ids: Vec<&str> = products.iter().map(|product| product.id.as_str()).collect();
        listing::delete_of(&**txn, &ids).await?;
        listing::replace(&**txn, &products.iter().collect::<Vec<_>>(), categories).await?;
        events::send(txn, &whole(&**txn, products).await?, categories).await?;
    }
}

/// The lines that cannot land, by index: wrong in themselves, or at odds with each other or with what has landed.
async fn refusals(
    txn: &Txn,
    lines: &[ProductLine],
    categories: &HashMap<CategoryId, Category>,
) -> Result<HashMap<usize, String>> {
    let slugs: Vec<&str> = lines.iter().map(|line| line.slug.as_str()).collect();
    let slug_holders = product::slugs(&**txn, &slugs).await?;
    let variant_ids: Vec<String> =
        lines.iter().flat_map(|line| &line.variants).map(|variant| variant.variant_id().to_string()).collect();
    let variant_ids: Vec<&str> = variant_ids.iter().map(String::as_str).collect();
    let variant_holders = variant::products(&**txn, &variant_ids).await?;
    let mut seen = Seen { currency: product::currency(&**txn).await?, ..Seen::default() };
    let mut rejected = HashMap::new();
    for (index, line) in lines.iter().enumerate() {
        let verdict = line.check().and_then(|()| {
            if !categories.contains_key(&CategoryId::of_key(&line.category)) {
                return Err(format!("there is no category `{}`", line.category));
            }
            let id = line.product_id();
            if slug_holders.get(&line.slug).is_some_and(|holder| holder != id.as_str()) {
                return Err(format!("the slug `{}` belongs to another product", line.slug));
            }
            let taken = line.variants.iter().find(|variant| {
                let holder = variant_holders.get(variant.variant_id().as_str());
                holder.is_some_and(|holder| holder != id.as_str())
            });
            if let Some(variant) = taken {
                return Err(format!("the variant `{}` belongs to another product", variant.id));
            }
            seen.admit(line)
        });
        if let Err(reason) = verdict {
            rejected.insert(index, reason);
        }
    }
    Ok(rejected)
}

/// What the lines of one batch have claimed so far.
#[derive(Default)]
struct Seen<'a> {
    currency: Option<vocab::CurrencyCode>,
    products: HashSet<&'a str>,
    slugs: HashSet<&'a str>,
    variants: HashSet<&'a str>,
}

impl<'a> Seen<'a> {
    fn admit(&mut self, line: &'a ProductLine) -> Result<(), String> {
        let currency = line.variants.first().map(|variant| variant.price.currency);
        if let (Some(ours), Some(theirs)) = (self.currency, currency)
            && ours != theirs
        {
            return Err(format!("prices are in {theirs}, the catalogue is in {ours}"));
        }
        if self.products.contains(line.id.as_str()) {
            return Err(format!("the product `{}` is listed twice", line.id));
        }
        if self.slugs.contains(line.slug.as_str()) {
            return Err(format!("the slug `{}` belongs to another product", line.slug));
        }
        if let Some(taken) = line.variants.iter().find(|variant| self.variants.contains(variant.id.as_str())) {
            return Err(format!("the variant `{}` belongs to another product", taken.id));
        }
        self.currency = self.currency.or(currency);
        self.products.insert(&line.id);
        self.slugs.insert(&line.slug);
        self.variants.extend(line.variants.iter().map(|variant| variant.id.as_str()));
        Ok(())
    }
}

/// The category tree while lines are planted in it.
struct Tree {
    categories: HashMap<CategoryId, Category>,
    rejected: Vec<(usize, String)>,
}

impl Tree {
    fn plant(&mut self, lines: &[CategoryLine]) {
        let mut waiting: Vec<(usize, &CategoryLine)> = Vec::new();
        let mut seen = HashSet::new();
        for (index, line) in lines.iter().enumerate() {
            match line.check() {
                Err(reason) => self.rejected.push((index, reason)),
                Ok(()) if !seen.insert(line.id.as_str()) => {
                    self.rejected.push((index, format!("the category `{}` is listed twice", line.id)));
                }
                Ok(()) => waiting.push((index, line)),
            }
        }
        loop {
            let before = waiting.len();
            waiting.retain(|(_, line)| !self.plant_one(line));
            if waiting.len() == before {
                break;
            }
        }
        for (index, line) in waiting {
            let parent = line.parent.as_deref().unwrap_or_default();
            let reason = match self.categories.contains_key(&CategoryId::of_key(parent)) {
                true => format!("the category `{}` cannot stand below itself", line.id),
                false => format!("there is no category `{parent}` to stand below"),
            };
            self.rejected.push((index, reason));
        }
        self.rejected.sort_unstable();
        self.take_places(lines);
        self.grow();
    }

    /// Puts the categories of these lines in the order of the lines. Together they fill the places that they held, so a
    /// category that is not listed stays where it is.
    fn take_places(&mut self, lines: &[CategoryLine]) {
        let rejected: HashSet<usize> = self.rejected.iter().map(|(index, _)| *index).collect();
        let sound = lines.iter().enumerate().filter(|(index, _)| !rejected.contains(index));
        let listed: Vec<CategoryId> = sound.map(|(_, line)| CategoryId::of_key(&line.id)).collect();
        let mut places: Vec<i32> =
            listed.iter().filter_map(|id| self.categories.get(id)).map(|category| category.position).collect();
        places.sort_unstable();
        for (id, place) in listed.iter().zip(places) {
            if let Some(category) = self.categories.get_mut(id) {
                category.position = place;
            }
        }
    }

    /// Plants a category whose parent stands already. False when it must wait.
    fn plant_one(&mut self, line: &CategoryLine) -> bool {
        let id = CategoryId::of_key(&line.id);
        let parent = line.parent.as_deref().map(CategoryId::of_key);
        if parent.as_ref().is_some_and(|parent| !self.categories.contains_key(parent) || self.below(parent, &id)) {
            return false;
        }
        let position = match self.categories.get(&id) {
            Some(known) => known.position,
            None => i32::try_from(self.categories.len()).unwrap_or(i32::MAX),
        };
        let category =
            Category { id: id.clone(), slug: line.id.clone(), name: line.name.clone(), parent, path: vec![], position };
        self.categories.insert(id, category);
        true
    }

    /// Is `category` this one, or somewhere below it?
    fn below(&self, category: &CategoryId, this: &CategoryId) -> bool {
        self.way_up(category).contains(this)
    }

    fn way_up(&self, category: &CategoryId) -> Vec<CategoryId> {
        let mut way = Vec::new();
        let mut next = self.categories.get(category);
        while let Some(category) = next {
            way.push(category.id.clone());
            next = category.parent.as_ref().and_then(|parent| self.categories.get(parent));
        }
        way
    }

    /// Gives each category its way from the root.
    fn grow(&mut self) {
        let paths: Vec<(CategoryId, Vec<CategoryId>)> =
            self.categories.keys().map(|id| (id.clone(), self.way_up(id).into_iter().rev().collect())).collect();
        for (id, path) in paths {
            if let Some(category) = self.categories.get_mut(&id) {
                category.path = path;
            }
        }
    }

    /// Categories that were there before, and whose way from the root now reads differently.
    fn moved(&self, before: &HashMap<CategoryId, Category>) -> Vec<CategoryId> {
        let reads =
            |categories: &HashMap<CategoryId, Category>, id: &CategoryId| -> Option<Vec<(CategoryId, String)>> {
                let path = &categories.get(id)?.path;
                path.iter().map(|step| Some((step.clone(), categories.get(step)?.name.clone()))).collect()
            };
        let moved = before.keys().filter(|id| reads(before, id) != reads(&self.categories, id));
        moved.cloned().collect()
    }
}

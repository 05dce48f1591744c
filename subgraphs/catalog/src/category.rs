//! A shelf of the shop. Categories form a tree; each knows its way down from the root.

use vocab::CategoryId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    pub slug: String,
    pub name: String,
    pub parent: Option<CategoryId>,
    /// From the root to this category, itself included.
    pub path: Vec<CategoryId>,
    /// Its place among its siblings.
    pub position: i32,
}

impl Category {
    /// From the root to the parent.
    pub fn ancestors(&self) -> &[CategoryId] {
        self.path.split_last().map_or(&[], |(_itself, ancestors)| ancestors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_not_its_own_ancestor() {
        let [root, leaf] = ["computers", "computers-notebooks"].map(CategoryId::of_key);
        let category = Category {
            id: leaf.clone(),
            slug: "computers-notebooks".to_owned(),
            name: "Notebooks".to_owned(),
            parent: Some(root.clone()),
            path: vec![root.clone(), leaf],
            position: 0,
        };
        assert_eq!(category.ancestors(), [root]);
    }
}

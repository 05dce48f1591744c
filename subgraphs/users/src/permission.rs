//! What staff may do beyond shopping.

use std::collections::BTreeSet;
use std::str::FromStr;

use async_graphql::Enum;

/// What one of the staff may do beyond shopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
pub enum Permission {
    /// Change what is sold, and the words and pictures that sell it.
    Catalog,
    /// Count stock, and move it.
    Inventory,
    /// See everybody's orders, cancel them, and mend what went wrong with one.
    Orders,
    /// Refund, and see the books of the payments.
    Payments,
    /// Let reviews stand, or take them down.
    Reviews,
    /// Grant and take permissions that one holds oneself, but for those that let others grant, and have accounts erased.
    Users,
    /// Let other companies in, and say what they may ask.
    Partners,
    /// Read reports on the whole shop, and the audit log.
    Reports,
    /// Own the shop: everything that the other permissions allow, and to say who else may grant or own. There is always
    /// one owner at least.
    Owner,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no permission: there are {all}", all = Permission::ALL.map(Permission::name).join(", "))]
pub struct NoPermission(String);

impl Permission {
    pub const ALL: [Self; 9] = [
        Self::Catalog,
        Self::Inventory,
        Self::Orders,
        Self::Payments,
        Self::Reviews,
        Self::Users,
        Self::Partners,
        Self::Reports,
        Self::Owner,
    ];

    /// Its name in a token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Inventory => "inventory",
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Reviews => "reviews",
            Self::Users => "users",
            Self::Partners => "partners",
            Self::Reports => "reports",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for Permission {
    type Err = NoPermission;

    fn from_str(name: &str) -> Result<Self, NoPermission> {
        let found = Self::ALL.into_iter().find(|permission| permission.name() == name);
        found.ok_or_else(|| NoPermission(name.chars().take(40).collect()))
    }
}

/// All that somebody may do beyond shopping. Customers may nothing, and an owner everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(BTreeSet<Permission>);

impl Permissions {
    pub fn none() -> Self {
        Self::default()
    }

    /// By their names; the first that is none is refused.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, NoPermission> {
        names.into_iter().map(str::parse).collect()
    }

    /// As they were stored. What is no permission any more is none.
    pub(crate) fn stored(text: &str) -> Self {
        text.split_whitespace().filter_map(|name| name.parse().ok()).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.iter().map(|permission| permission.name().to_owned()).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether everything in `other` is in these.
    pub fn hold(&self, other: &Self) -> bool {
        self.0.is_superset(&other.0)
    }

    /// Whether somebody whose token says `held` may all of this.
    pub fn hold_no_more_than(&self, held: &[String]) -> bool {
        self.names().iter().all(|name| held.contains(name))
    }

    pub fn has(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// What is in these and not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).copied().collect())
    }

    /// What is in both.
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        let mut held: BTreeSet<Permission> = permissions.into_iter().collect();
        if held.contains(&Permission::Owner) {
            held.extend(Permission::ALL);
        }
        Self(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_has_one_name() {
        for permission in Permission::ALL {
            assert_eq!(permission.name().parse(), Ok(permission));
        }
        for name in ["", "Orders", "orders ", "stock", "*"] {
            assert_eq!(name.parse::<Permission>(), Err(NoPermission(name.to_owned())));
        }
    }

    #[test]
    fn what_is_stored_is_read_back_each_once() {
        let given = Permissions::parse(["orders", "catalog", "orders"]).expect("permissions");
        assert_eq!(given.names(), ["catalog", "orders"]);
        assert_eq!(Permissions::stored(&given.names().join(" ")), given);
        assert_eq!(Permissions::stored("orders flying"), Permissions::parse(["orders"]).expect("one"));
    }

    #[test]
    fn an_owner_may_everything_also_what_comes_later() {
        assert_eq!(Permissions::stored("owner").iter().collect::<Vec<_>>(), Permission::ALL);
        assert!(!Permissions::parse(["users", "orders"]).expect("permissions").has(Permission::Owner));
    }
}

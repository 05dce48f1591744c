//! The roles that one binary plays.

use std::fmt;

/// A subgraph, or the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    Users,
    Catalog,
    Inventory,
    Search,
    Orders,
    Payments,
    Reviews,
    Shipping,
    WebBff,
    /// Takes the mails of a laptop. No part of a shop that sells.
    #[value(hide = true)]
    MailCatcher,
}

impl Role {
    pub const SUBGRAPHS: [Self; 8] = [
        Self::Users,
        Self::Catalog,
        Self::Inventory,
        Self::Search,
        Self::Orders,
        Self::Payments,
        Self::Reviews,
        Self::Shipping,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Catalog => "catalog",
            Self::Inventory => "inventory",
            Self::Search => "search",
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Reviews => "reviews",
            Self::Shipping => "shipping",
            Self::WebBff => "web-bff",
            Self::MailCatcher => "mail-catcher",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! Accounts to try a shop with, in a shop that only its own machine reaches.

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

/// An account whose password is no secret.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Account {
    pub label: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    #[serde(skip)]
    pub name: &'static str,
    #[serde(skip)]
    pub permissions: &'static [&'static str],
}

pub const ACCOUNTS: &[Account] = &[
    Account {
        label: "Demo shopper",
        email: "shopper@demo.mercato.invalid",
        password: "demo-shopper",
        name: "Demo Shopper",
        permissions: &[],
    },
    Account {
        label: "Demo staff",
        email: "staff@demo.mercato.invalid",
        password: "demo-staff",
        name: "Demo Staff",
        permissions: &["orders", "inventory", "payments", "reports"],
    },
];

/// What GraphiQL offers to sign in as: nothing, unless this is a demo.
pub fn accounts(demo: bool) -> Router {
    let offered: &'static [Account] = if demo { ACCOUNTS } else { &[] };
    Router::new().route("/demo/accounts.json", get(move || async move { Json(offered) }))
}

//! A page while others sign in: a flood of passwords to hash must not starve those who only look.

use std::sync::Arc;
use std::time::Duration;

use super::client::Client;
use super::figures::Figures;
use super::measure;
use super::scenario::{Scenario, Shelf};
use crate::console::say;

/// Measures the product page alone, then beside `logins` connections that sign in again and again.
pub async fn run(client: &Client, shelf: &Arc<Shelf>, connections: &[usize], logins: usize, span: Duration) {
    let (page, sign_in) = (Scenario::product_page(client, shelf), Scenario::sign_in(client, shelf));
    say(&Figures::heading());
    for &connections in connections {
        let alone = measure(&page, connections, span).await;
        say(&alone.row("product page, alone", connections));
        let (beside, signed_in) = tokio::join!(measure(&page, connections, span), measure(&sign_in, logins, span));
        say(&beside.row("product page, beside", connections));
        say(&signed_in.row("sign in", logins));
    }
}

//! What each command costs the database.

use kit::messaging::MessageHandler;

use super::shop::{Shop, authorize, capture, void};

#[tokio::test]
async fn a_command_costs_as_many_statements_as_it_has_things_to_write() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_held", "pm_card_visa")).await;
    let mut costs = Vec::new();
    for (what, command) in [
        ("authorize", authorize("ord_1", "pm_card_visa")),
        ("capture", capture("ord_1")),
        ("refund", void("ord_1")),
        ("void", void("ord_held")),
        ("void of nothing", void("ord_2")),
        ("authorize without a token", authorize("ord_3", "tok_1")),
        ("capture again", capture("ord_1")),
    ] {
        let before = shop.db.statements();
        shop.till.handle(&command).await.expect("followed");
        costs.push((what, shop.db.statements() - before));
    }
    // The sandbox's own two are among them.
    assert_eq!(
        costs,
        [
            ("authorize", 6),
            ("capture", 7),
            ("refund", 7),
            ("void", 7),
            ("void of nothing", 3),
            ("authorize without a token", 2),
            ("capture again", 2),
        ]
    );
}

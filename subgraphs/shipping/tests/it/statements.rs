//! What each command costs the database.

use kit::messaging::MessageHandler;

use super::depot::{Depot, cancel, create};

#[tokio::test]
async fn a_command_costs_as_many_statements_as_it_has_things_to_write() {
    let depot = Depot::open().await;
    let mut costs = Vec::new();
    for (what, command) in [
        ("create", create("ord_1")),
        ("cancel", cancel("ord_1")),
        ("cancel what never was", cancel("ord_2")),
        ("create what was cancelled", create("ord_2")),
        ("create again", create("ord_1")),
        ("cancel again", cancel("ord_1")),
    ] {
        let before = depot.db.statements();
        depot.dispatch.handle(&command).await.expect("followed");
        costs.push((what, depot.db.statements() - before));
    }
    // The sandbox's own two are among them.
    assert_eq!(
        costs,
        [
            ("create", 7),
            ("cancel", 7),
            ("cancel what never was", 3),
            ("create what was cancelled", 4),
            ("create again", 4),
            ("cancel again", 2),
        ]
    );
}

//! Who listens to what. A message is kept by its sender until every group named here has handled it. Where a name ends with
//! `@`, each replica of the role has a group of its own.

use contracts::stream;
use kit::messaging::Subscribers;

const STREAMS: [(&str, &[&str]); 16] = [
    (kit::identity::audit::STREAM, &["users"]),
    (stream::CATALOG_COMMANDS, &["catalog"]),
    (stream::CATALOG_EVENTS, &["inventory", "orders", "reviews", "search@"]),
    (stream::CATALOG_RESENT_ORDERS, &["orders"]),
    (stream::CATALOG_RESENT_REVIEWS, &["reviews"]),
    (stream::CATALOG_RESENT_SEARCH, &["search@"]),
    (stream::INVENTORY_COMMANDS, &["inventory"]),
    (stream::INVENTORY_EVENTS, &["orders"]),
    (stream::ORDER_EVENTS, &["payments", "reviews", "shipping"]),
    (stream::ORDER_REPLIES, &["orders"]),
    (stream::PAYMENTS_COMMANDS, &["payments"]),
    (kit::identity::privacy::COMMANDS, &["orders", "payments", "reviews", "shipping"]),
    (kit::identity::privacy::REPLIES, &["users"]),
    (stream::SHIPPING_COMMANDS, &["shipping"]),
    (stream::SHIPPING_EVENTS, &["orders"]),
    (stream::USERS_COMMANDS, &["users"]),
];

pub fn subscribers() -> Subscribers {
    Subscribers::of(STREAMS)
}

#[cfg(test)]
mod tests {
    use kit::config::Secret;
    use kit::testing::TestRedis;
    use tokio_util::sync::CancellationToken;

    use super::STREAMS;
    use crate::config::Config;
    use crate::role::Role;
    use crate::serve;

    #[tokio::test]
    async fn the_table_names_every_group_that_listens_and_no_other() {
        let (redis, folder) = (TestRedis::start().await, tempfile::tempdir().expect("a folder"));
        let mut config = Config::load(None).expect("the defaults");
        config.data = folder.path().to_owned();
        config.redis = Secret::new(redis.url());
        config.sealing_key = Secret::new(kit::SealingKey::random().expect("entropy").reveal());
        config.mail.smtp = Secret::new("smtp://127.0.0.1:1025");
        config.mail.links = "https://shop.example".to_owned();
        let mut listening: Vec<(&str, &str)> = Vec::new();
        for role in Role::SUBGRAPHS {
            let runtime = serve::runtime(role, &config, CancellationToken::new()).await.expect("a runtime");
            let service = serve::service(role, runtime, config.clone()).await.expect("a service");
            // A replica's own group is the role's, up to its name.
            let group = |group: &'static str| group.find('@').map_or(group, |at| &group[..=at]);
            listening.extend(service.listens().iter().map(|&(stream, of)| (stream, group(of))));
        }
        listening.sort_unstable();
        let mut listed: Vec<(&str, &str)> =
            STREAMS.iter().flat_map(|(stream, groups)| groups.iter().map(|group| (*stream, *group))).collect();
        listed.sort_unstable();
        assert_eq!(listed, listening);
    }
}

use kit::config::Secret;

use super::*;

/// Where the process that writes mails is told that its links lead, for a shop that listens at a free port.
fn links(change: impl FnOnce(&mut Config)) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::load(None).expect("the defaults");
    config.data = folder.path().to_owned();
    config.listen = "127.0.0.1:0".parse().expect("an address");
    config.redis = Secret::new("redis://127.0.0.1:1");
    change(&mut config);
    let demo = config.decide_demo();
    let plan = Plan::make(&config, demo, None, PathBuf::from("router")).expect("a plan");
    let users = plan.subgraphs.iter().find(|one| one.name == Role::Users.name()).expect("the users subgraph");
    let links = users.environment["MERCATO_MAIL__LINKS"].to_str().expect("text").to_owned();
    links.replace(&plan.shop.to_string(), "where it listens")
}

#[test]
fn links_in_mails_lead_to_where_browsers_find_the_shop() {
    assert_eq!(links(|_| {}), "http://where it listens");
    let public = |config: &mut Config| {
        config.edge.public_url = "https://shop.example/".to_owned();
        config.edge.proxies = 1;
    };
    assert_eq!(links(public), "https://shop.example");
    let elsewhere = links(|config| {
        public(config);
        config.mail.links = "https://pages.example".to_owned();
    });
    assert_eq!(elsewhere, "https://pages.example", "a storefront's own pages");
}

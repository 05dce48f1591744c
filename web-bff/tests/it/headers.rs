//! What every answer says to browsers and caches.

use reqwest::Method;
use serde_json::json;

use crate::edge::Edge;

const EVERYWHERE: [&str; 7] = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "cache-control",
];

/// Each route of the edge, and what is none: with the status of an answer to a visitor.
const ROUTES: [(&str, u16); 34] = [
    ("/", 200),
    ("/landing.css", 200),
    ("/favicon.svg", 200),
    ("/graphiql", 200),
    ("/graphiql/", 308),
    ("/graphiql/LICENSES.txt", 200),
    ("/graphiql/assets/none.js", 404),
    ("/graphql", 400),
    ("/graphql?query=%7B__typename%7D", 200),
    ("/auth/login", 405),
    ("/auth/verify", 200),
    ("/auth/step-up", 200),
    ("/auth/second-factor", 405),
    ("/auth/reset", 200),
    ("/auth/email", 200),
    ("/auth/order", 200),
    ("/auth/assets/auth.js", 200),
    ("/auth/assets/verify.html", 200),
    ("/auth/assets/reset.html", 200),
    ("/auth/assets/none", 404),
    ("/auth/logout", 405),
    ("/auth/refresh", 405),
    ("/auth/session", 200),
    ("/auth/export/1", 401),
    ("/auth/providers", 200),
    ("/auth/nobody", 404),
    ("/auth/facebook/callback", 400),
    ("/health", 200),
    ("/ready", 200),
    ("/.well-known/jwks.json", 200),
    ("/demo/accounts.json", 200),
    ("/dev/mail", 404),
    ("/dev/mail/messages.json", 404),
    ("/no/such/page", 404),
];

/// The paths that the sources of the edge route.
fn routed() -> Vec<String> {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                let after = text.split(".route(").skip(1).map(str::trim_start);
                paths.extend(after.map(|rest| rest.split('"').nth(1).unwrap().to_owned()));
            }
        }
    }
    paths
}

fn is_of(route: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap();
    let (mut wanted, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.starts_with("{*") => return true,
            (Some(part), Some(name)) if part == name || (part.starts_with('{') && !name.is_empty()) => {}
            _ => return false,
        }
    }
}

#[test]
fn no_route_is_forgotten() {
    let routed = routed();
    assert!(routed.len() >= 25, "{routed:?}");
    for route in routed {
        assert!(ROUTES.iter().any(|(path, _)| is_of(&route, path)), "{route} is not among those that are looked at");
    }
}

#[tokio::test]
async fn every_answer_says_all_of_it() {
    // A demo on a public address has all that there is. There is no mail catcher where the mails should be.
    let edge = Edge::in_production(|settings| {
        settings.demo = true;
        settings.mail_url.clone_from(&settings.router_url);
    })
    .await;
    let (mut looked_at, mut pages) = (0, 0);
    for (path, status) in ROUTES {
        for accept in ["application/json", "text/html,*/*;q=0.8"] {
            let mut browser = edge.browser();
            let answer = browser.send(browser.accepting(accept, Method::GET, path)).await;
            let redirected = path == "/graphql" && accept != "application/json";
            assert_eq!(answer.status, if redirected { 303 } else { status }, "{path}: {}", answer.text);
            for header in EVERYWHERE {
                assert_ne!(answer.header(header), "", "{header} of {path}");
            }
            assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
            let policy = answer.header("content-security-policy");
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"),
                "{path}: {policy}"
            );
            if answer.header("content-type").starts_with("text/html") {
                pages += 1;
            }
            looked_at += 1;
        }
    }
    assert_eq!((looked_at, pages), (2 * ROUTES.len(), 20));
}

#[tokio::test]
async fn a_page_that_a_mail_leads_to_is_one_under_each_of_its_addresses() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let (page, asset) = (browser.visit("/auth/verify").await, browser.visit("/auth/assets/verify.html").await);
    assert!(page.text.contains("<script"), "{}", page.text);
    for header in EVERYWHERE {
        assert_eq!(page.header(header), asset.header(header), "{header}");
    }
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    assert_eq!(page.header("strict-transport-security"), "", "not over plain HTTP");
}

#[tokio::test]
async fn nobody_keeps_an_answer_of_graphql_and_what_it_depends_on_is_said() {
    let edge = Edge::start().await;
    let mut answers = 0;
    for (method, path, body) in [
        (Method::GET, "/graphql?query=%7B__typename%7D", None),
        (Method::GET, "/graphql", None),
        (Method::POST, "/graphql", Some(json!({ "query": "{ __typename }" }))),
        (Method::POST, "/graphql", Some(json!({ "query": "{" }))),
        (Method::POST, "/graphql", Some(json!([]))),
        (Method::DELETE, "/graphql", None),
    ] {
        let mut browser = edge.browser();
        let request = browser.request(method, path);
        let answer = browser.send(body.iter().fold(request, |request, body| request.json(body))).await;
        assert_eq!(answer.header("cache-control"), "private, no-store", "{path}");
        assert_eq!(answer.headers.get_all("vary").iter().count(), 1, "{path}");
        let vary: Vec<_> = answer.header("vary").split(", ").collect();
        for name in ["accept", "accept-encoding", "authorization", "cookie", "origin", "x-guest", "x-mercato-csrf"] {
            assert!(vary.contains(&name), "{name} in {vary:?}");
        }
        answers += 1;
    }
    assert_eq!(answers, 6);
}

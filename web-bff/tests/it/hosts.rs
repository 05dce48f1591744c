//! The edge answers to its own names: a page that gives its name the shop's address gets nothing.

use reqwest::Method;

use crate::browser::Answer;
use crate::edge::Edge;

async fn visit(edge: &Edge, path: &str, host: &str) -> Answer {
    let mut browser = edge.browser();
    browser.send(browser.request(Method::GET, path).header("host", host)).await
}

#[tokio::test]
async fn a_name_of_another_server_is_refused_everywhere() {
    let edge = Edge::in_production(|settings| settings.hosts = vec!["api.internal".to_owned()]).await;
    let mut refused = 0;
    for path in ["/", "/graphql?query=%7B__typename%7D", "/demo/accounts.json", "/dev/mail", "/auth/session", "/none"] {
        for host in ["rebound.evil.example", "shop.example.evil.example", "10.0.0.7:4000"] {
            let answer = visit(&edge, path, host).await;
            assert_eq!((answer.status, answer.code().as_str()), (421, "BAD_REQUEST"), "{path} at {host}");
            let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("https://shop.example") && message.contains("edge.hosts"), "{message}");
            assert_ne!(answer.header("content-security-policy"), "");
            refused += 1;
        }
    }
    assert_eq!(refused, 18);
    assert!(edge.standin.told(|told| told.routed.is_empty()));
}

#[tokio::test]
async fn the_edge_answers_to_its_own_names() {
    let edge = Edge::in_production(|settings| settings.hosts = vec!["api.internal".to_owned()]).await;
    for host in ["shop.example", "Shop.Example:443", "api.internal:8080", "localhost:1", "127.0.0.1", "[::1]:9"] {
        assert_eq!(visit(&edge, "/graphql?query=%7B__typename%7D", host).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn probes_may_name_anything() {
    let edge = Edge::in_production(|_| {}).await;
    for path in ["/health", "/ready"] {
        assert_eq!(visit(&edge, path, "10.0.0.7:4000").await.status, 200, "{path}");
    }
}

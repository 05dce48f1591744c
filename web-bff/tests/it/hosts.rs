//! The edge answers to its own names: a page that gives its name the shop's address gets nothing.

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
async fn the_front_page_shows_the_address_that_its_visitor_came_by_and_no_other() {
    let edge = Edge::start().await;
    let port = edge.url.rsplit(':').next().unwrap();
    for name in ["localhost", "127.0.0.1", "[::1]"] {
        let page = visit(&edge, "/", &format!("{name}:{port}")).await.text;
        assert!(page.contains(&format!("curl http://{name}:{port}/graphql")), "{page}");
        let others = ["localhost", "127.0.0.1"].into_iter().filter(|other| *other != name);
        assert!(others.into_iter().all(|other| !page.contains(other)), "{name}: {page}");
    }
    let edge = Edge::in_production(|_| {}).await;
    let page = visit(&edge, "/", "shop.example").await.text;
    assert!(page.contains("curl https://shop.example/graphql"), "{page}");
}

#[tokio::test]
async fn nothing_and_a_users_name_are_no_host() {
    let edge = Edge::in_production(|_| {}).await;
    let mut refused = 0;
    for host in ["", "user@shop.example", "shop.example@evil.example", ":443"] {
        let mut socket = TcpStream::connect(edge.url.strip_prefix("http://").unwrap()).await.unwrap();
        let head = format!("GET /auth/session HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{host}: {answer}");
        refused += 1;
    }
    assert_eq!(refused, 4);
}

#[tokio::test]
async fn probes_may_name_anything() {
    let edge = Edge::in_production(|_| {}).await;
    for path in ["/health", "/ready"] {
        assert_eq!(visit(&edge, path, "10.0.0.7:4000").await.status, 200, "{path}");
    }
}

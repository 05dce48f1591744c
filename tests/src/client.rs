//! A client of the shop: sends documents, keeps its secrets, reads whole answers.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// Somebody at the shop's door, with whatever proves who they are.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Client {
    /// `server` is the shop, or one subgraph of it.
    pub fn new(server: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        Self { http, url: format!("{server}/graphql"), headers: HeaderMap::new() }
    }

    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header value");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    pub fn with_cart_token(self, secret: &str) -> Self {
        self.with_header("x-cart-token", secret)
    }

    pub fn with_access_token(self, token: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    pub async fn send(&self, document: &str, variables: Value) -> Answer {
        self.send_raw(json!({"query": document, "variables": variables}).to_string()).await
    }

    /// An answer, if there is one: the server may be dying.
    pub async fn try_send(&self, document: &str, variables: &Value) -> Option<Answer> {
        let body = json!({"query": document, "variables": variables}).to_string();
        let request = self.http.post(&self.url).header("content-type", "application/json");
        let answer = request.headers(self.headers.clone()).body(body).send().await.ok()?;
        let status = answer.status().as_u16();
        Some(Answer { status, body: answer.json().await.ok()? })
    }

    pub async fn send_raw(&self, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.http.post(&self.url).header("content-type", "application/json");
        let answer = request.headers(self.headers.clone()).body(body).send().await.expect("the server answers");
        let status = answer.status().as_u16();
        Answer { status, body: answer.json().await.expect("the answer is JSON") }
    }

    /// The data of an answer that has no errors.
    pub async fn ask(&self, document: &str, variables: Value) -> Value {
        let mut answer = self.send(document, variables).await;
        assert_eq!(answer.body.get("errors"), None, "{document}");
        answer.body["data"].take()
    }

    /// What stands at a JSON pointer of the data once it is neither null nor false: a subgraph hears of what happened in
    /// another a moment later.
    pub async fn at_last(&self, document: &str, variables: Value, pointer: &str) -> Value {
        let found = async {
            loop {
                let data = self.ask(document, variables.clone()).await;
                match data.pointer(pointer) {
                    None | Some(Value::Null | Value::Bool(false)) => {
                        tokio::time::sleep(Duration::from_millis(20)).await
                    }
                    Some(found) => return found.clone(),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), found).await.expect("everybody hears of it")
    }

    /// What a server says under a path that is not GraphQL.
    pub async fn get(&self, path: &str) -> String {
        let url = self.url.replace("/graphql", path);
        self.http.get(url).send().await.expect("the server answers").text().await.expect("text")
    }
}

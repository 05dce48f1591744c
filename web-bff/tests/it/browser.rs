//! As much of a browser as the edge can tell: cookies, and the headers that pages send.

use std::collections::BTreeMap;

use reqwest::header::{ACCEPT, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    url: String,
    pub cookies: BTreeMap<String, String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether the answer says that the session is over.
    pub fn told_of_the_session(&self) -> &str {
        match self.text.split_once("\"session\":{\"code\":\"") {
            Some((_, rest)) => rest.split('"').next().unwrap(),
            None => "",
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.headers[LOCATION].to_str().unwrap()
    }
}

impl Browser {
    pub fn at(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { http, url: url.to_owned(), cookies: BTreeMap::new() }
    }

    /// The same browser before another replica.
    pub fn before(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.accepting("application/json", method, path)
    }

    pub fn accepting(&self, accept: &str, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, format!("{}{path}", self.url)).header(ACCEPT, accept);
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    /// A page of ours sends JSON.
    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).header("x-mercato-csrf", "1").json(&body)).await
    }

    /// A page of ours asks.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).header("x-mercato-csrf", "1")).await
    }

    /// Somebody follows a link, or types an address.
    pub async fn visit(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn log_in(&mut self) -> Answer {
        self.post("/auth/login", json!({ "email": "ada@example.com", "password": "correct horse" })).await
    }

    pub async fn ask(&mut self) -> Answer {
        self.post("/graphql", json!({ "query": "{ __typename }" })).await
    }

    pub fn session(&self) -> Option<&String> {
        self.cookies.get("__Host-mercato")
    }
}

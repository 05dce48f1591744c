//! Whatever stands behind the edge: the router, the users subgraph, and Facebook.

use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::TimeDelta;
use kit::{CallerKeys, Clock};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// One process in place of three.
#[derive(Clone)]
pub struct StandIn(Arc<Inner>);

struct Inner {
    url: String,
    issuer: CallerKeys,
    told: Mutex<Told>,
}

/// What it was asked, and what it is to say.
#[derive(Default)]
pub struct Told {
    /// The headers of each operation that came to the router.
    pub routed: Vec<HeaderMap>,
    /// The documents of those operations.
    pub documents: Vec<String>,
    /// What the router answers, in place of a name.
    pub answer: Option<Value>,
    /// The status of that answer, in place of 200.
    pub status: Option<u16>,
    /// The calls that came to the users subgraph, by the name of their operation, with input and headers.
    pub called: Vec<(String, Value, HeaderMap)>,
    /// How many seconds an access token is said to last.
    pub lasts: i64,
    /// The next calls that are done and whose answers are lost.
    pub lost: usize,
    /// What the next calls are refused with.
    pub refused: Option<Value>,
    /// What the next refresh waits for.
    pub held: Option<Arc<Notify>>,
    /// What sign-ins say that the device is known by, and what kind of account it is.
    pub device: Option<String>,
    pub role: &'static str,
    /// The access token that a session was last given for showing once more who it is.
    pub stepped_up: Option<String>,
    /// How many seconds before a sign-in its owner is said to have shown who they are.
    pub proven_before: i64,
    /// What the next calls fail with, as GraphQL has it.
    pub error: Option<&'static str>,
    /// The refresh tokens that were used.
    pub spent: Vec<String>,
    /// What Facebook's token endpoint and its Graph were sent.
    pub facebook: Vec<(String, Value)>,
    /// How long a name the Graph gives.
    pub name_bytes: Option<usize>,
}

impl StandIn {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let issuer = CallerKeys::generate("the-issuer", Clock::system()).unwrap();
        let told = Mutex::new(Told { lasts: 900, role: "CUSTOMER", ..Told::default() });
        let standin = Self(Arc::new(Inner { url, issuer, told }));
        let app = Router::new()
            .route("/router", post(routed))
            .route("/users", post(called))
            .route("/jwks", get(jwks))
            .route("/oauth/access_token", post(facebook_token))
            .route("/me", get(facebook_me))
            .with_state(standin.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        standin
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    pub fn told<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.0.told.lock().unwrap())
    }

    /// How often an operation came to the users subgraph.
    pub fn calls(&self, operation: &str) -> usize {
        self.told(|told| told.called.iter().filter(|(name, ..)| name == operation).count())
    }

    pub fn access_token(&self, sid: &str) -> String {
        let auth_time = Clock::system().now().timestamp() - self.told(|told| told.proven_before);
        let said = json!({ "sub": "user_ada", "jti": "1", "sid": sid, "auth_time": auth_time });
        self.0.issuer.sign("the-audience", &said).unwrap()
    }

    pub fn token_of_staff(&self) -> String {
        let said = json!({ "sub": "user_grace", "jti": "1", "role": "staff" });
        self.0.issuer.sign("the-audience", &said).unwrap()
    }
}

async fn jwks(State(standin): State<StandIn>) -> Json<Value> {
    Json(json!({ "keys": [standin.0.issuer.current().public()] }))
}

async fn routed(State(standin): State<StandIn>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let (status, answer) = standin.told(|told| {
        told.routed.push(headers);
        told.documents.push(body["query"].as_str().unwrap().to_owned());
        (told.status.unwrap_or(200), told.answer.clone())
    });
    let answer = answer.unwrap_or_else(|| json!({ "data": { "__typename": "Query" } }));
    (StatusCode::from_u16(status).unwrap(), Json(answer)).into_response()
}

async fn called(State(standin): State<StandIn>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let document = body["query"].as_str().unwrap();
    let operation = document.split(['(', ' ']).nth(1).unwrap().to_owned();
    let input = body["variables"]["input"].clone();
    let number = standin.told(|told| {
        told.called.push((operation.clone(), input.clone(), headers));
        told.called.len()
    });
    if let Some(refused) = standin.told(|told| told.refused.clone()) {
        return Json(json!({ "data": { "outcome": { "userErrors": [refused] } } })).into_response();
    }
    if let Some(code) = standin.told(|told| told.error) {
        let error = json!({ "message": "A word on the document.", "extensions": { "code": code } });
        return Json(json!({ "data": null, "errors": [error] })).into_response();
    }
    if operation == "LogOut" || operation == "LinkIdentity" {
        return Json(json!({ "data": { "outcome": { "userErrors": [] } } })).into_response();
    }
    let lost = standin.told(|told| {
        told.spent.extend(input["refreshToken"].as_str().map(str::to_owned));
        let lost = told.lost > 0;
        told.lost = told.lost.saturating_sub(1);
        lost
    });
    if lost {
        return (StatusCode::BAD_GATEWAY, "").into_response();
    }
    let held = standin.told(|told| told.held.take().filter(|_| operation == "Refresh"));
    if let Some(held) = held {
        held.notified().await;
    }
    let lasts = standin.told(|told| if operation == "Refresh" { 900 } else { told.lasts });
    let (device, role) = standin.told(|told| (told.device.clone(), told.role));
    if operation == "StepUp" {
        // Nothing else makes two tokens of one second differ.
        let token =
            standin.0.issuer.sign("the-audience", &json!({ "sub": "user_ada", "jti": "2", "sid": "session_1" }));
        let token = token.unwrap();
        standin.told(|told| told.stepped_up = Some(token.clone()));
        let expires_at = Clock::system().now() + TimeDelta::minutes(15);
        let outcome = json!({ "accessToken": token, "expiresAt": expires_at, "userErrors": [] });
        return Json(json!({ "data": { "outcome": outcome } })).into_response();
    }
    let outcome = json!({
        "deviceToken": device,
        "user": { "id": "user_ada", "displayName": "Ada", "role": role },
        "accessToken": standin.access_token("session_1"),
        "expiresAt": Clock::system().now() + TimeDelta::seconds(lasts),
        "refreshToken": format!("mrt_{number}"),
        "userErrors": [],
    });
    Json(json!({ "data": { "outcome": outcome } })).into_response()
}

async fn facebook_token(State(standin): State<StandIn>, form: String) -> Response {
    let form = reqwest::Url::parse(&format!("http://form/?{form}")).unwrap();
    let sent: Value =
        form.query_pairs().map(|(key, value)| (key.into_owned(), Value::from(value.into_owned()))).collect();
    let good = sent["code"] == "good";
    standin.told(|told| told.facebook.push(("token".to_owned(), sent)));
    if good {
        Json(json!({ "access_token": "EAAB", "token_type": "bearer", "expires_in": 60 })).into_response()
    } else {
        let refusal =
            json!({ "error": { "message": "a secret of Facebook's", "type": "OAuthException", "code": 100 } });
        (StatusCode::BAD_REQUEST, Json(refusal)).into_response()
    }
}

async fn facebook_me(State(standin): State<StandIn>, Query(asked): Query<Value>) -> Json<Value> {
    standin.told(|told| told.facebook.push(("me".to_owned(), asked)));
    let name = standin.told(|told| told.name_bytes).map_or("Ada Lovelace".to_owned(), |bytes| "A".repeat(bytes));
    Json(json!({ "id": "1815", "name": name, "email": "ada@example.com" }))
}

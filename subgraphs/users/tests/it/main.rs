//! Through the schema, on a real database.

mod accounts;
mod audit;
mod entity;
mod keys;
mod login;
mod register;
mod service;
mod tokens;

use async_graphql::{Request, Variables};
use kit::testing::{TestDb, fresh_db, manual_clock};
use kit::token::AuthSettings;
use kit::{Clock, Viewer};
use serde_json::{Value, json};
use users::{Hashing, Issuer, Schema, SignIn, SigningKeys, Store, dress, schema};

/// The users of one test.
struct Users {
    db: TestDb,
    clock: Clock,
    store: Store,
    keys: SigningKeys,
    schema: Schema,
    sign_in: SignIn,
}

const PASSWORD: &str = "correct horse";

impl Users {
    async fn new() -> Self {
        Self::at(manual_clock()).await
    }

    async fn at(clock: Clock) -> Self {
        let db = fresh_db::<migrations::users::Migrator>().await;
        let store = Store::new(db.clone(), clock.clone());
        let keys = store.signing_keys().await.expect("keys");
        let issuer = Issuer::new(keys.clone(), settings(), clock.clone());
        let sign_in = SignIn::new(store.clone(), Hashing::new(), issuer);
        Self { db, clock, store, keys, schema: schema(), sign_in }
    }

    async fn ask(&self, viewer: Viewer, document: &str, variables: Value) -> Value {
        let request = Request::new(document).variables(Variables::from_json(variables)).data(viewer);
        kit::testing::execute(&self.schema, dress(&self.sign_in, request)).await
    }

    async fn register(&self, email: &str, password: &str, display_name: &str) -> Value {
        let input = json!({"input": {"email": email, "password": password, "displayName": display_name}});
        self.ask(Viewer::anonymous(), REGISTER, input).await
    }

    async fn login(&self, email: &str, password: &str) -> Value {
        let input = json!({"input": {"email": email, "password": password}});
        self.ask(Viewer::anonymous(), LOGIN, input).await
    }

    /// The id of a new user.
    async fn somebody(&self, email: &str, display_name: &str) -> String {
        let answer = self.register(email, PASSWORD, display_name).await;
        text(&answer, "/data/userRegister/user/id")
    }
}

const REGISTER: &str = "mutation ($input: UserRegisterInput!) {
    userRegister(input: $input) {
        user { id displayName email }
        accessToken
        expiresAt
        userErrors { __typename code message path }
    }
}";

const LOGIN: &str = "mutation ($input: UserLoginInput!) {
    userLogin(input: $input) {
        user { id displayName email }
        accessToken
        expiresAt
        userErrors { __typename code message path }
    }
}";

fn settings() -> AuthSettings {
    AuthSettings {
        issuer: "https://shop.example/users".to_owned(),
        audience: "mercato".to_owned(),
        jwks_url: "https://shop.example/.well-known/jwks.json".to_owned(),
        guest_header: "x-cart-token".to_owned(),
    }
}

fn text(answer: &Value, pointer: &str) -> String {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer}: {answer:#}")).to_owned()
}

/// The answer with what differs from run to run named instead.
fn steady(mut answer: Value, places: &[(&str, &str)]) -> Value {
    for (pointer, name) in places {
        let place = answer.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"));
        assert!(place.is_string(), "{pointer}: {place}");
        *place = Value::from(*name);
    }
    answer
}

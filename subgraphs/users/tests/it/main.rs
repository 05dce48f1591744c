//! Through the schema, on a real database.

mod accounts;
mod addresses;
mod audit;
mod demo;
mod email_change;
mod entity;
mod identities;
mod keys;
mod lanes;
mod login;
mod mail;
mod mail_budgets;
mod passwords;
mod post;
mod preferences;
mod privacy;
mod refresh;
mod register;
mod reset;
mod retention;
mod second_factor;
mod service;
mod sessions;
mod staff;
mod step_up;
mod texts;
mod throttle;
mod tokens;
mod upgrade;
mod verify;

use std::net::IpAddr;

use async_graphql::{Request, Variables};
use kit::db::retention::forget_old;
use kit::identity::token::{AuthSettings, Verifier};
use kit::messaging::Bus;
use kit::testing::{TestDb, fresh_db, manual_clock};
use kit::{Caller, Clock, Viewer};
use serde_json::{Value, json};
use users::{
    AccountEmails, Hashing, Identities, Issuer, KeyRing, Privacy, PrivacySettings, Schema, SecondFactors, Services,
    Sessions, Settings, SignIn, Staff, Store, Throttle, Writer, attach_loaders, ensure_account, schema,
};

/// The users of one test.
struct Users {
    db: TestDb,
    clock: Clock,
    store: Store,
    keys: KeyRing,
    schema: Schema,
    desk: Services,
}

const PASSWORD: &str = "correct horse";

impl Users {
    async fn new() -> Self {
        Self::at(manual_clock()).await
    }

    async fn at(clock: Clock) -> Self {
        Self::with(clock, Settings::default(), None).await
    }

    async fn with(clock: Clock, settings: Settings, bus: Option<Bus>) -> Self {
        let db = fresh_db::<migrations::users::Migrator>().await;
        let store = Store::new(db.clone(), clock.clone()).with_sealing(kit::testing::sealing());
        let keys = store.signing_keys().await.expect("keys");
        let desk = desk(&store, &keys, settings, bus, &clock);
        Self { db, clock, store, keys, schema: schema(), desk }
    }

    /// What the service does now and then by itself.
    async fn forget_old(&self) {
        forget_old(&self.db, &self.clock, &Settings::default().retention()).await.expect("the database answers");
    }

    /// How many rows there are in a table.
    async fn count(&self, table: &str) -> usize {
        let row_of = format!("{table}: ");
        kit::testing::rows(&self.db).await.iter().filter(|row| row.starts_with(&row_of)).count()
    }

    async fn ask(&self, viewer: Viewer, document: &str, variables: Value) -> Value {
        self.ask_as(Self::caller(None, &[]), viewer, document, variables).await
    }

    async fn ask_as(&self, caller: Caller, viewer: Viewer, document: &str, variables: Value) -> Value {
        let request = Request::new(document).variables(Variables::from_json(variables)).data(viewer).data(caller);
        kit::testing::execute(&self.schema, attach_loaders(&self.desk, request)).await
    }

    /// The edge, on behalf of a client.
    fn caller(client: Option<&str>, acts: &[&str]) -> Caller {
        let client = client.map(|address| address.parse::<IpAddr>().expect("an address"));
        Caller { name: "web-bff".to_owned(), client, acts: acts.iter().map(|&act| act.to_owned()).collect() }
    }

    async fn register(&self, email: &str, password: &str, display_name: &str) -> Value {
        let input = json!({"input": {"email": email, "password": password, "displayName": display_name}});
        self.ask(Viewer::anonymous(), REGISTER, input).await
    }

    async fn login(&self, email: &str, password: &str) -> Value {
        self.login_from(None, email, password).await
    }

    async fn login_from(&self, client: Option<&str>, email: &str, password: &str) -> Value {
        let input = json!({"input": {"email": email, "password": password}});
        self.ask_as(Self::caller(client, &[]), Viewer::anonymous(), LOGIN, input).await
    }

    /// The id of a new user, who can sign in.
    async fn somebody(&self, email: &str, display_name: &str) -> String {
        let id = ensure_account(&self.store, email, PASSWORD, display_name, &[]).await;
        id.expect("an account").to_string()
    }

    /// Signs somebody in.
    async fn device(&self, email: &str, device: &str) -> Device {
        let input = json!({"input": {"email": email, "password": PASSWORD, "device": device}});
        let answer = self.ask(Viewer::anonymous(), LOGIN, input).await;
        self.signed_in(&answer, "/data/userLogin").await
    }

    /// What a device knows after it was let in with this answer.
    async fn signed_in(&self, answer: &Value, pointer: &str) -> Device {
        let access = text(answer, &format!("{pointer}/accessToken"));
        let refresh = text(answer, &format!("{pointer}/refreshToken"));
        let claims = claims_of(&access);
        let viewer = Viewer::user(claims["sub"].as_str().expect("a user"));
        let mut signed = viewer.signed.expect("signed in");
        signed.session = Some(claims["sid"].as_str().expect("a session").to_owned());
        Device { viewer: Viewer { signed: Some(signed), guest: None }, access, refresh }
    }

    async fn refresh(&self, token: &str) -> Value {
        self.ask(Viewer::anonymous(), REFRESH, json!({"input": {"refreshToken": token}})).await
    }

    /// The token that comes in the place of this one.
    async fn refreshed(&self, token: &str) -> String {
        text(&self.refresh(token).await, "/data/userTokenRefresh/refreshToken")
    }

    /// Why this token is not good for another; none when it is.
    async fn not_refreshed(&self, token: &str) -> Option<String> {
        code(&self.refresh(token).await, "userTokenRefresh")
    }

    fn verifier(&self) -> Verifier {
        Verifier::fixed(settings(), &self.keys.now().expect("keys").jwks())
    }
}

/// A device on which somebody is signed in.
struct Device {
    viewer: Viewer,
    access: String,
    refresh: String,
}

impl Device {
    fn session(&self) -> &str {
        self.viewer.signed.as_ref().and_then(|signed| signed.session.as_deref()).expect("a session")
    }
}

/// One replica's share of the work.
fn desk(store: &Store, keys: &KeyRing, counted: Settings, bus: Option<Bus>, clock: &Clock) -> Services {
    let issuer = Issuer::new(keys.clone(), settings(), clock.clone());
    let throttle = Throttle::new(counted, bus.clone(), clock.clone());
    let sessions = Sessions::new(store.clone(), issuer, throttle.clone(), counted, bus);
    let hashing = Hashing::new();
    let writer = Writer::new("Mercato", "https://shop.example");
    let emails = AccountEmails::new(store.clone(), hashing.clone(), sessions.clone(), throttle.clone(), writer);
    let privacy = Privacy::new(
        store.clone(),
        hashing.clone(),
        sessions.clone(),
        throttle.clone(),
        emails.clone(),
        PrivacySettings::default(),
    );
    Services {
        store: store.clone(),
        second_factors: SecondFactors::new(
            store.clone(),
            hashing.clone(),
            sessions.clone(),
            throttle.clone(),
            emails.clone(),
        ),
        sign_in: SignIn::new(store.clone(), hashing, sessions.clone(), throttle, emails.clone()),
        identities: Identities::new(store.clone(), sessions.clone(), emails.clone()),
        emails,
        staff: Staff::new(store.clone(), sessions.clone()),
        sessions,
        privacy,
        callers: kit::testing::callers(),
    }
}

const REGISTER: &str = "mutation ($input: UserRegisterInput!) {
    userRegister(input: $input) { userErrors { __typename code message path } }
}";

const LOGIN: &str = "mutation ($input: UserLoginInput!) {
    userLogin(input: $input) {
        user { id displayName email }
        accessToken
        expiresAt
        refreshToken
        userErrors {
            __typename code message path
            ... on TooManyAttempts { retryAfterSeconds }
            ... on SecondFactorRequired { ticket }
        }
    }
}";

const REFRESH: &str = "mutation ($input: UserTokenRefreshInput!) {
    userTokenRefresh(input: $input) {
        user { id displayName email }
        accessToken
        expiresAt
        refreshToken
        userErrors { __typename code message path }
    }
}";

/// The code of the first thing that a mutation's payload complains about.
fn code(answer: &Value, mutation: &str) -> Option<String> {
    let errors = answer["data"][mutation]["userErrors"].as_array();
    let errors = errors.unwrap_or_else(|| panic!("{mutation} was not answered: {answer:#}"));
    errors.first().map(|error| error["code"].as_str().expect("a code").to_owned())
}

/// What a token says, whoever signed it.
fn claims_of(token: &str) -> Value {
    use base64::Engine;
    let payload = token.split('.').nth(1).expect("three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn settings() -> AuthSettings {
    AuthSettings {
        issuer: "https://shop.example/users".to_owned(),
        audience: "mercato".to_owned(),
        jwks_url: "https://shop.example/.well-known/jwks.json".to_owned(),
        guest_header: "x-cart-token".to_owned(),
        step_up_minutes: 15,
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

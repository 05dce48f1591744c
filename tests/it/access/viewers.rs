//! Everybody who may come to a door.

use chrono::TimeDelta;
use kit::identity::sealing::Sealed;
use kit::identity::token::Claims;
use kit::{Clock, Role, Sealing, SealingKey, SigningKey};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, Statement};
use system_tests::{Client, Premises};

/// What stands behind the tokens of one shop.
pub struct Mint {
    pub key: SigningKey,
}

impl Mint {
    /// The key that signs the shop's own tokens, out of its database.
    pub async fn of(premises: &Premises) -> Self {
        let (url, schema) = premises.database_of("users");
        let mut options = ConnectOptions::new(url);
        options.max_connections(1);
        if !schema.is_empty() {
            options.set_schema_search_path(schema);
        }
        let database = Database::connect(options).await.expect("the users database opens");
        let newest = "SELECT kid, private_key, sealed_by FROM signing_key ORDER BY generation LIMIT 1";
        let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), newest)).await;
        let row = row.expect("the keys are read").expect("there is a key");
        let kid: String = row.try_get("", "kid").expect("its name");
        let sealed = Sealed {
            by: row.try_get("", "sealed_by").expect("it is sealed"),
            bytes: row.try_get("", "private_key").expect("its bytes"),
        };
        let text =
            std::fs::read_to_string(premises.data().join("sealing.key")).expect("the shop keeps its sealing key");
        let sealing = Sealing::new(SealingKey::parse(text.trim()).expect("a key"));
        let pkcs8 = sealing.open(&sealed, &format!("signing_key/{kid}")).expect("its own key opens it");
        Self { key: SigningKey::stored(pkcs8, Clock::system().now()).expect("a key") }
    }

    /// What a token of the shop says when it was issued just now.
    pub fn claims(&self, user: &str, role: Role, permissions: &[&str]) -> Claims {
        let now = Clock::system().now().timestamp();
        Claims {
            iss: "https://mercato.invalid".to_owned(),
            aud: "mercato".to_owned(),
            sub: user.to_owned(),
            role,
            sid: None,
            jti: uuid::Uuid::now_v7().to_string(),
            iat: now,
            nbf: now,
            exp: now + 900,
            permissions: permissions.iter().map(|&one| one.to_owned()).collect(),
            auth_time: Some(now),
            ..Claims::default()
        }
    }

    pub fn token(&self, user: &str, role: Role, permissions: &[&str]) -> String {
        self.key.sign(&self.claims(user, role, permissions)).expect("it signs")
    }

    pub fn expired(&self, user: &str) -> String {
        let mut claims = self.claims(user, Role::Staff, &EVERY_PERMISSION);
        claims.exp -= TimeDelta::hours(1).num_seconds();
        claims.nbf -= TimeDelta::hours(2).num_seconds();
        self.key.sign(&claims).expect("it signs")
    }

    /// Of somebody who may do everything and showed an hour ago who they are.
    pub fn stale(&self, user: &str) -> String {
        let mut claims = self.claims(user, Role::Staff, &EVERY_PERMISSION);
        claims.auth_time = claims.auth_time.map(|at| at - TimeDelta::hours(1).num_seconds());
        self.key.sign(&claims).expect("it signs")
    }

    pub fn forged(&self, user: &str) -> String {
        let stranger = SigningKey::generate(Clock::system().now()).expect("a key");
        stranger.sign(&self.claims(user, Role::Staff, &EVERY_PERMISSION)).expect("it signs")
    }
}

pub const EVERY_PERMISSION: [&str; 8] =
    ["catalog", "inventory", "orders", "payments", "reviews", "users", "partners", "reports"];

/// Whoever comes to a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visitor {
    Anonymous,
    Guest,
    /// Whose things are asked for.
    Owner,
    OtherCustomer,
    StaffWithout,
    StaffWith,
    Partner,
    Expired,
    Forged,
}

/// Those who change nothing come first, and the owner last.
pub const VISITORS: [Visitor; 9] = [
    Visitor::Expired,
    Visitor::Forged,
    Visitor::Anonymous,
    Visitor::Guest,
    Visitor::OtherCustomer,
    Visitor::Partner,
    Visitor::StaffWithout,
    Visitor::StaffWith,
    Visitor::Owner,
];

impl Visitor {
    /// The visitor at a door. `needed` is the permission that the door asks staff for.
    pub fn at(self, door: Client, mint: &Mint, owner: &str, needed: Option<&str>) -> Client {
        let others: Vec<&str> = EVERY_PERMISSION.into_iter().filter(|&one| Some(one) != needed).collect();
        let token = match self {
            Self::Anonymous => return door,
            Self::Guest => return door.with_cart_token("the secret of another guest"),
            Self::Owner => mint.token(owner, Role::User, &[]),
            Self::OtherCustomer => mint.token("user_0192f3a1c4e87d2f9b1a5c6d7e8f0000", Role::User, &[]),
            Self::StaffWithout => mint.token("user_0192f3a1c4e87d2f9b1a5c6d7e8f0001", Role::Staff, &others),
            Self::StaffWith => mint.token("user_0192f3a1c4e87d2f9b1a5c6d7e8f0002", Role::Staff, &EVERY_PERMISSION),
            Self::Partner => mint.token("user_0192f3a1c4e87d2f9b1a5c6d7e8f0003", Role::Partner, &[]),
            Self::Expired => mint.expired(owner),
            Self::Forged => mint.forged(owner),
        };
        door.with_access_token(&token)
    }
}

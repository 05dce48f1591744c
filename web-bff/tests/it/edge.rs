//! An edge for one test, and another before the same Redis.

use kit::config::Secret;
use kit::graphql::guard::hostile;
use kit::identity::token::AuthSettings;
use kit::testing::TestRedis;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web_bff::{Kind, ProviderSettings, SessionSettings, Settings, Switch};

use crate::browser::Browser;
use crate::standin::StandIn;

pub struct Edge {
    pub standin: StandIn,
    pub redis: TestRedis,
    pub url: String,
    stop: CancellationToken,
}

impl Edge {
    pub async fn start() -> Self {
        Self::trusting("https://nobody.invalid").await
    }

    /// An edge that believes the OpenID provider at `issuer`.
    pub async fn trusting(issuer: &str) -> Self {
        Self::set_up(|settings| settings.providers[1].issuer = issuer.to_owned()).await
    }

    /// An edge with settings of its own. Its `public_url` is where it listens, unless that is changed too.
    pub async fn set_up(change: impl FnOnce(&mut Settings)) -> Self {
        let (standin, redis, stop) = (StandIn::start().await, TestRedis::start().await, CancellationToken::new());
        let url = serve(&standin, &redis, change, stop.clone()).await;
        Self { standin, redis, url, stop }
    }

    /// An edge that is known as `https://shop.example`, behind a proxy that is not there.
    pub async fn in_production(change: impl FnOnce(&mut Settings)) -> Self {
        Self::set_up(|settings| {
            settings.public_url = "https://shop.example".to_owned();
            settings.proxies = 1;
            change(settings);
        })
        .await
    }

    /// The address of a replica.
    pub async fn replica(&self) -> String {
        serve(&self.standin, &self.redis, |_| {}, self.stop.clone()).await
    }

    pub fn browser(&self) -> Browser {
        Browser::at(&self.url)
    }

    /// A browser in which Ada has signed in.
    pub async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        assert_eq!(browser.log_in().await.status, 200);
        browser
    }

    pub async fn redis_text(&self) -> String {
        let mut connection = self.redis.bus().await.connection();
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
        let mut text = keys.join("\n");
        for key in keys {
            let value: Vec<u8> = redis::cmd("GET").arg(key).query_async(&mut connection).await.unwrap();
            text.push_str(&String::from_utf8_lossy(&value));
        }
        text
    }

    pub async fn end_in_users(&self, sid: &str) {
        let mut connection = self.redis.bus().await.connection();
        let key = format!("mercato:ended:{sid}");
        redis::cmd("SET").arg(key).arg("").query_async::<()>(&mut connection).await.unwrap();
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(
    standin: &StandIn,
    redis: &TestRedis,
    change: impl FnOnce(&mut Settings),
    stop: CancellationToken,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut settings = settings(&url, standin.url());
    change(&mut settings);
    let auth = AuthSettings {
        issuer: "the-issuer".to_owned(),
        audience: "the-audience".to_owned(),
        jwks_url: format!("{}/jwks", standin.url()),
        guest_header: "x-guest".to_owned(),
        step_up_minutes: 15,
    };
    let bus = redis.bus().await;
    tokio::spawn(async move { web_bff::serve(listener, settings, auth, bus, stop).await.unwrap() });
    url
}

/// What an edge at `url` is told that stands before `standin`.
pub fn settings(url: &str, standin: &str) -> Settings {
    Settings {
        router_url: format!("{standin}/router"),
        users_url: format!("{standin}/users"),
        public_url: url.to_owned(),
        origins: Vec::new(),
        hosts: Vec::new(),
        proxies: 0,
        trusted_proxies: Vec::new(),
        timeout_ms: 10_000,
        demo: false,
        mail_url: String::new(),
        tokens: [("userLogin", "POST /auth/login"), ("userStepUp", "POST /auth/step-up")]
            .map(|(field, way)| (field.to_owned(), way.to_owned()))
            .into(),
        sign_outs: vec!["userLogout".to_owned()],
        introspection: Switch::AUTO,
        graphiql: Switch::AUTO,
        suggestions: Switch::AUTO,
        guest_secrets: vec!["cartLinesAdd.cartToken".to_owned()],
        guest_claims: vec!["cartClaim.cart".to_owned()],
        session: SessionSettings {
            idle_minutes: 60,
            longest_minutes: 600,
            staff_idle_minutes: 10,
            staff_longest_minutes: 60,
            refresh_ahead_seconds: 60,
            guest_days: 60,
        },
        providers: vec![
            provider("facebook", Kind::Facebook, standin),
            provider("openid", Kind::Openid, "https://nobody.invalid"),
        ],
        guard: hostile::limits(),
        http: kit::server::Limits::default(),
    }
}

fn provider(name: &str, kind: Kind, issuer: &str) -> ProviderSettings {
    ProviderSettings {
        name: name.to_owned(),
        label: String::new(),
        kind,
        issuer: issuer.to_owned(),
        client_id: "the-edge".to_owned(),
        client_secret: Secret::new("the-edge-secret"),
        scopes: Vec::new(),
    }
}

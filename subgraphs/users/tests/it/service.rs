use kit::graphql::guard::Limits;
use kit::identity::token::{AuthSettings, Verifier};
use kit::testing::{TestRedis, credential, fresh_db};
use kit::{Clock, Runtime};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use users::{PrivacySettings, Settings, Store, ensure_account};

use crate::post::mail_settings;
use crate::{LOGIN, PASSWORD, settings, text};

const LIMITS: Limits = Limits {
    body_bytes: 100_000,
    query_bytes: 30_000,
    tokens: 1_000,
    nesting: 20,
    depth: 15,
    aliases: 30,
    root_fields: 20,
    directives: 50,
    operations: 10,
    selections: 500,
    cost: 50_000,
    alone: Vec::new(),
};

async fn post(client: &reqwest::Client, url: &str, bearer: &str, body: Value) -> Value {
    let mut request = client.post(url).header("x-mercato-caller", credential()).json(&body);
    if !bearer.is_empty() {
        request = request.bearer_auth(bearer);
    }
    request.send().await.expect("an answer").json().await.expect("JSON")
}

#[tokio::test]
async fn a_running_service_believes_its_own_tokens_and_others_believe_its_keys() {
    let (redis, db) = (TestRedis::start().await, fresh_db::<migrations::users::Migrator>().await);
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = Runtime {
        role: "users",
        instance: "0".to_owned(),
        db: (*db).clone(),
        bus: redis.bus().await,
        clock: Clock::system(),
        // Reaches nobody: the service must not ask for the keys that it has.
        verifier: Verifier::remote(settings()),
        callers: kit::testing::callers(),
        subscribers: kit::messaging::Subscribers::default(),
        patience: kit::messaging::DeliverySettings::default(),
        limits: LIMITS,
        list_sizes: Default::default(),
        timeout: std::time::Duration::from_secs(10),
        data: folder.path().to_owned(),
        stop: Default::default(),
    };
    let store = Store::new(runtime.db.clone(), runtime.clock.clone());
    ensure_account(&store, "ada@example.com", PASSWORD, "Ada", &[]).await.expect("an account");
    let stop = runtime.stop.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let service = users::service(
        runtime,
        kit::testing::sealing(),
        settings(),
        Settings::default(),
        mail_settings("smtp://127.0.0.1:9"),
        PrivacySettings::default(),
    )
    .await
    .expect("it starts");
    let running = tokio::spawn(service.run(listener));

    let (client, url) = (reqwest::Client::new(), format!("http://{address}/graphql"));
    let input = json!({"email": "ada@example.com", "password": PASSWORD});
    let answer = post(&client, &url, "", json!({"query": LOGIN, "variables": {"input": input}})).await;
    let token = text(&answer, "/data/userLogin/accessToken");
    let me = json!({"query": "{ me { email } }"});
    assert_eq!(post(&client, &url, &token, me.clone()).await, json!({"data": {"me": {"email": "ada@example.com"}}}));
    let refused = post(&client, &url, "forged", me).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

    let elsewhere = AuthSettings { jwks_url: format!("http://{address}/.well-known/jwks.json"), ..settings() };
    let signed = Verifier::remote(elsewhere).verify(&token).await.expect("believed elsewhere");
    assert_eq!(signed.user_id, text(&answer, "/data/userLogin/user/id"));
    stop.cancel();
    running.await.expect("no panic").expect("it stopped in good order");
}

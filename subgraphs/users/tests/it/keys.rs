use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use insta::assert_json_snapshot;
use kit::testing::{fresh_db, manual_clock};
use tower::ServiceExt;
use users::Store;

use crate::{Users, steady};

#[tokio::test]
async fn replicas_that_start_at_once_sign_with_one_key() {
    let db = fresh_db::<migrations::users::Migrator>().await;
    let store = || Store::new(db.clone(), manual_clock());
    let started = futures::future::join_all((0..8).map(|_| async { store().signing_keys().await })).await;
    let kids: Vec<String> = started.into_iter().map(|keys| keys.expect("keys").current.kid().to_owned()).collect();
    assert!(kids.iter().all(|kid| *kid == kids[0]), "{kids:?}");
    let restarted = store().signing_keys().await.expect("keys");
    assert_eq!(restarted.current.kid(), kids[0]);
    assert_eq!(restarted.jwks().keys.len(), 1);
}

#[tokio::test]
async fn the_public_key_is_published_and_nothing_else_of_it() {
    let users = Users::new().await;
    let routes = users::routes(&users.keys).expect("routes");
    let asked = Request::get("/.well-known/jwks.json").body(Body::empty()).expect("a request");
    let answer = routes.oneshot(asked).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["cache-control"], "public, max-age=300");
    let body = to_bytes(answer.into_body(), 10_000).await.expect("a body");
    let published: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(published["keys"][0]["kid"], users.keys.current.kid());
    assert_json_snapshot!(steady(published, &[("/keys/0/kid", "[kid]"), ("/keys/0/x", "[x]")]), @r#"
    {
      "keys": [
        {
          "alg": "EdDSA",
          "crv": "Ed25519",
          "kid": "[kid]",
          "kty": "OKP",
          "use": "sig",
          "x": "[x]"
        }
      ]
    }
    "#);
}

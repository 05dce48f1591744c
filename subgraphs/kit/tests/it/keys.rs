//! A verifier and an issuer that hangs, is away, or is asked for keys that nobody has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::routing::get;
use axum::{Json, Router};
use futures::FutureExt;
use futures::future::join_all;
use jsonwebtoken::jwk::JwkSet;
use kit::identity::token::{AuthSettings, Claims, Verifier};
use kit::{Clock, Code, SigningKey};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// An issuer's server, which answers as often as it is let.
struct Issuer {
    key: SigningKey,
    published: JwkSet,
    asked: Arc<AtomicUsize>,
    answers: Arc<Semaphore>,
    verifier: Verifier,
}

impl Issuer {
    async fn start() -> Self {
        let key = SigningKey::generate(Clock::system().now()).unwrap();
        let (asked, answers) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let published = JwkSet { keys: vec![key.public().clone()] };
        let respond = {
            let (asked, answers, published) = (Arc::clone(&asked), Arc::clone(&answers), published.clone());
            move || async move {
                asked.fetch_add(1, Ordering::SeqCst);
                answers.acquire().await.unwrap().forget();
                Json(published)
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/jwks.json", get(respond))).await });
        let verifier = Verifier::remote(AuthSettings {
            issuer: "the-issuer".to_owned(),
            audience: "the-audience".to_owned(),
            jwks_url,
            guest_header: "x-guest".to_owned(),
            step_up_minutes: 15,
        });
        Self { key, published, asked, answers, verifier }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn token(key: &SigningKey) -> String {
    let now = Clock::system().now().timestamp();
    let claims = Claims {
        iss: "the-issuer".to_owned(),
        aud: "the-audience".to_owned(),
        sub: "user_ada".to_owned(),
        jti: "1".to_owned(),
        iat: now,
        nbf: now,
        exp: now + 60,
        ..Claims::default()
    };
    key.sign(&claims).unwrap()
}

/// Of a key that nobody publishes.
fn forged() -> String {
    token(&SigningKey::generate(Clock::system().now()).unwrap())
}

#[tokio::test]
async fn while_the_issuer_hangs_valid_tokens_are_verified_at_once_whatever_forged_ones_come() {
    let issuer = Issuer::start().await;
    let good = token(&issuer.key);
    issuer.verifier.know(&issuer.published).await;
    let hanging: Vec<_> = (0..20).map(|_| forged()).collect();
    let waiting = tokio::spawn({
        let verifier = issuer.verifier.clone();
        async move { join_all(hanging.iter().map(|token| verifier.verify(token))).await }
    });
    while issuer.asked() < 1 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        let seen = issuer.verifier.verify(&good).now_or_never().expect("nobody waits");
        assert_eq!(seen.unwrap().user_id, "user_ada");
    }
    issuer.answers.add_permits(10);
    for refused in waiting.await.unwrap() {
        assert_eq!(refused.unwrap_err().code, Code::Unauthenticated);
    }
    assert_eq!(issuer.asked(), 1, "one question for all of them");
    assert!(issuer.verifier.verify(&forged()).await.is_err());
    assert_eq!(issuer.asked(), 1, "and the answer stands for a while");
}

#[tokio::test]
async fn an_issuer_that_is_away_is_not_asked_by_everybody_who_comes() {
    let issuer = Issuer::start().await;
    issuer.answers.close();
    let good = token(&issuer.key);
    let answers = join_all((0..20).map(|_| issuer.verifier.verify(&good))).await;
    assert!(answers.into_iter().all(|answer| answer.is_err_and(|refused| refused.code == Code::Unavailable)));
    assert_eq!(issuer.verifier.verify(&good).await.unwrap_err().code, Code::Unavailable);
    assert_eq!(issuer.asked(), 1, "that it failed stands for a while");
}

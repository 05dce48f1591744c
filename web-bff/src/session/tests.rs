//! How long a session lasts, by a clock that the test holds.

use chrono::TimeDelta;
use kit::testing::{TestRedis, manual_clock};
use kit::{CallerKeys, Clock};
use redis::AsyncCommands;

use super::*;
use crate::settings::SessionSettings;
use crate::users::{Renewed, Users};

const SETTINGS: SessionSettings = SessionSettings {
    idle_minutes: 60,
    longest_minutes: 90,
    staff_idle_minutes: 10,
    staff_longest_minutes: 20,
    refresh_ahead_seconds: 60,
    guest_days: 60,
};

async fn sessions(redis: &TestRedis) -> (Sessions, Clock) {
    let clock = manual_clock();
    let keys = CallerKeys::generate("web-bff", clock.clone()).expect("it has entropy");
    let users = Users::new("http://127.0.0.1:1", keys).expect("a client");
    (Sessions::new(redis.bus().await, users, clock.clone(), SETTINGS), clock)
}

fn ada(clock: &Clock) -> SignedIn {
    SignedIn {
        user: Who { id: "user_ada".to_owned(), display_name: "Ada".to_owned() },
        access_token: "token".to_owned(),
        expires_at: clock.now() + TimeDelta::days(1),
        refresh_token: "mrt".to_owned(),
        device_token: None,
        is_staff: false,
    }
}

async fn left(redis: &TestRedis, secret: &Secret) -> i64 {
    let mut connection = redis.bus().await.connection();
    connection.ttl(format!("mercato:session:{}", secret.hash())).await.expect("Redis answers")
}

#[tokio::test]
async fn a_session_that_is_used_lasts_on_and_never_beyond_its_longest() {
    let redis = TestRedis::start().await;
    let (sessions, clock) = sessions(&redis).await;
    let (secret, _) = sessions.begin(ada(&clock)).await.expect("it begins");
    assert!((3_590..=3_600).contains(&left(&redis, &secret).await));
    // Somebody was away for half an hour: Redis counts down by itself.
    redis.bus().await.connection().expire::<_, ()>(sessions.place(&secret), 1_800).await.expect("Redis answers");
    clock.advance(TimeDelta::minutes(10));
    assert!(sessions.find(&secret).await.expect("Redis answers").is_some());
    assert!((3_590..=3_600).contains(&left(&redis, &secret).await), "used, so it lasts on");
    clock.advance(TimeDelta::minutes(60));
    redis.bus().await.connection().expire::<_, ()>(sessions.place(&secret), 60).await.expect("Redis answers");
    assert!(sessions.find(&secret).await.expect("Redis answers").is_some());
    assert!((1_190..=1_200).contains(&left(&redis, &secret).await), "20 minutes are left of the 90");
    clock.advance(TimeDelta::minutes(20));
    assert!(sessions.find(&secret).await.expect("Redis answers").is_none(), "its longest has passed");
}

#[tokio::test]
async fn a_session_of_the_staff_is_over_sooner() {
    let redis = TestRedis::start().await;
    let (sessions, clock) = sessions(&redis).await;
    let staff = SignedIn { is_staff: true, ..ada(&clock) };
    let (secret, session) = sessions.begin(staff).await.expect("it begins");
    assert_eq!(sessions.longest_seconds(&session), 1_200);
    assert!((590..=600).contains(&left(&redis, &secret).await), "10 minutes without a request");
    clock.advance(TimeDelta::minutes(20));
    assert!(sessions.find(&secret).await.expect("Redis answers").is_none(), "its longest has passed");
}

#[tokio::test]
async fn a_session_goes_on_with_another_access_token_and_keeps_its_refresh_token() {
    let redis = TestRedis::start().await;
    let (sessions, clock) = sessions(&redis).await;
    let (secret, _) = sessions.begin(ada(&clock)).await.expect("it begins");
    let renewed = || Renewed { access_token: "proven".to_owned(), expires_at: clock.now() + TimeDelta::minutes(15) };
    let session = sessions.renew(&secret, renewed()).await.expect("Redis answers").expect("it goes on");
    assert_eq!((session.access_token.as_str(), session.refresh_token.as_str()), ("proven", "mrt"));
    let found = sessions.find(&secret).await.expect("Redis answers").expect("it goes on");
    assert_eq!(found.access_token, "proven");
    sessions.end(&secret).await.expect("it ends");
    assert!(sessions.renew(&secret, renewed()).await.expect("Redis answers").is_none());
}

#[tokio::test]
async fn another_secret_opens_nothing() {
    let redis = TestRedis::start().await;
    let (sessions, clock) = sessions(&redis).await;
    let (secret, _) = sessions.begin(ada(&clock)).await.expect("it begins");
    let other = Secret::random().expect("random");
    assert!(sessions.find(&other).await.expect("Redis answers").is_none());
    // What lies under one secret's hash was moved there from another's.
    let mut connection = redis.bus().await.connection();
    connection.rename::<_, _, ()>(sessions.place(&secret), sessions.place(&other)).await.expect("Redis answers");
    assert!(sessions.find(&other).await.is_err());
}

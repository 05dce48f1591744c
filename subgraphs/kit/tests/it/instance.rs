use std::sync::Arc;

use kit::service::instance::Instance;
use kit::testing::TestRedis;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn no_two_living_replicas_of_a_role_go_by_one_name() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let first = Arc::new(Instance::claim(&bus, "lamps", "a").await.unwrap());
    let (stop, gone) = (CancellationToken::new(), CancellationToken::new());
    let kept = tokio::spawn(first.keep(stop.clone(), gone.clone()));
    // It still finishes what it has in hand, under its name.
    stop.cancel();
    let refused = Instance::claim(&bus, "lamps", "a").await.err().expect("the first one lives").to_string();
    assert!(refused.contains("another lamps goes by the name `a`") && refused.contains("`instance`"), "{refused}");
    for (role, name) in [("lamps", "b"), ("shades", "a")] {
        Instance::claim(&bus, role, name).await.unwrap();
    }
    gone.cancel();
    kept.await.unwrap();
    // The first gave it back. This one shows no life, as if it had been killed.
    let _killed = Instance::claim(&bus, "lamps", "a").await.unwrap();
    Instance::claim(&bus, "lamps", "a").await.unwrap();
}

#[tokio::test]
async fn a_replica_knows_what_is_wrong_with_redis() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let instance = Arc::new(Instance::claim(&bus, "lamps", "a").await.unwrap());
    let mut trouble = instance.trouble();
    let stop = CancellationToken::new();
    let kept = tokio::spawn(instance.keep(stop.clone(), stop.clone()));
    let set = async |limit: &str| {
        let mut command = redis::cmd("CONFIG");
        command.arg("SET").arg("maxmemory").arg(limit).query_async::<()>(&mut bus.connection()).await.unwrap();
    };
    // Less than it has already: it answers, and takes nothing.
    set("1").await;
    let refuses = trouble.wait_for(Option::is_some).await.unwrap().clone();
    assert!(refuses.is_some_and(|said| said.contains("OOM")));
    set("0").await;
    trouble.wait_for(Option::is_none).await.unwrap();
    stop.cancel();
    kept.await.unwrap();
}

#[tokio::test]
async fn who_was_silent_for_long_ends_and_not_who_came_since() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let silent = Arc::new(Instance::claim(&bus, "lamps", "a").await.unwrap());
    // It takes the patience of whoever comes next to find the name nobody's.
    let _gone = Instance::claim(&bus, "lamps", "a").await.unwrap();
    // Redis keeps no claim for ever.
    redis::cmd("DEL").arg("mercato:instances:lamps:a").query_async::<()>(&mut bus.connection()).await.unwrap();
    let since = Arc::new(Instance::claim(&bus, "lamps", "a").await.unwrap());
    let (silent_stop, since_stop) = (CancellationToken::new(), CancellationToken::new());
    tokio::spawn(since.keep(since_stop.clone(), since_stop.clone()));
    tokio::spawn(silent.keep(silent_stop.clone(), silent_stop.clone()));
    tokio::time::timeout(std::time::Duration::from_secs(60), silent_stop.cancelled())
        .await
        .expect("it is told to stop");
    assert!(!since_stop.is_cancelled());
}

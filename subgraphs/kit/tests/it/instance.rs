use std::sync::Arc;

use kit::instance::Instance;
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

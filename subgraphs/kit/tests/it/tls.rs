//! TLS to Redis and to Postgres, before real servers whose certificates a throw-away authority has signed.

mod authority;
mod postgres;
mod servers;

use kit::messaging::{Bus, RedisServer};

use self::authority::Authority;
use self::servers::TlsRedis;

async fn refused(server: RedisServer) -> String {
    match Bus::reach(&server).await {
        Ok(_) => panic!("nobody may get in like that"),
        Err(cause) => format!("{cause:#}"),
    }
}

async fn answers(bus: &Bus) {
    let mut connection = bus.connection();
    redis::cmd("SET").arg("mercato:a").arg(1).query_async::<()>(&mut connection).await.expect("it may be written");
}

#[tokio::test]
async fn a_redis_that_proves_itself_lets_in_who_has_the_password() {
    let authority = Authority::new("the right one");
    let redis = TlsRedis::start(&authority, &["localhost", "127.0.0.1"], false).await;
    for host in ["localhost", "127.0.0.1"] {
        let server = RedisServer::at(&redis.url("rediss", "mercato:hunter2", host)).with_authority(&authority.file());
        answers(&Bus::reach(&server).await.expect("the right authority, host and password")).await;
    }
    let server = |who: &str| RedisServer::at(&redis.url("rediss", who, "localhost")).with_authority(&authority.file());
    for (who, said) in [("mercato:hunter3", "user and password"), ("nobody:hunter2", "user and password")] {
        let refused = refused(server(who)).await;
        assert!(refused.contains(said) && !refused.contains("hunter"), "{refused}");
    }
    let reader = Bus::reach(&server("reader:hunter2")).await.expect("it may come in");
    let written = redis::cmd("SET").arg("mercato:a").arg(1).query_async::<()>(&mut reader.connection()).await;
    let told = format!("{:#}", kit::messaging::explained(&written.expect_err("it may only read")));
    assert!(told.contains("docs/redis.md"), "{told}");
}

#[tokio::test]
async fn a_redis_that_does_not_prove_itself_is_told_nothing() {
    let (authority, another) = (Authority::new("the right one"), Authority::new("another"));
    let namesake = Authority::new("the right one");
    let redis = TlsRedis::start(&authority, &["localhost"], false).await;
    let localhost = redis.url("rediss", "mercato:hunter2", "localhost");
    let cases = [
        ("the system's authorities", RedisServer::at(&localhost), "`redis_ca`"),
        ("another authority", RedisServer::at(&localhost).with_authority(&another.file()), "`redis_ca`"),
        ("one of the same name", RedisServer::at(&localhost).with_authority(&namesake.file()), "`redis_ca`"),
        (
            "another host",
            RedisServer::at(&redis.url("rediss", "mercato:hunter2", "127.0.0.1")).with_authority(&authority.file()),
            "for another host",
        ),
        (
            "a file that is not there",
            RedisServer::at(&localhost).with_authority("/nowhere.pem".as_ref()),
            "/nowhere.pem",
        ),
        (
            "an authority without TLS",
            RedisServer::at(&redis.url("redis", "mercato:hunter2", "localhost")).with_authority(&authority.file()),
            "rediss:// alone",
        ),
        ("a wish to be deceived", RedisServer::at(&format!("{localhost}#insecure")), "insecure"),
    ];
    let count = cases.len();
    for (what, server, said) in cases {
        let refused = refused(server).await;
        assert!(refused.contains(said) && !refused.contains("hunter2"), "{what}: {refused}");
    }
    let plain = redis::Client::open(redis.url("redis", "mercato:hunter2", "localhost")).expect("a URL");
    assert!(plain.get_multiplexed_async_connection().await.is_err(), "nothing is said in the open");
    assert_eq!(count, 7);
}

#[tokio::test]
async fn a_redis_that_asks_for_a_certificate_is_shown_ours() {
    let authority = Authority::new("the right one");
    let redis = TlsRedis::start(&authority, &["localhost"], true).await;
    let (certificate, key) = authority.issue("client", &[]);
    let server =
        RedisServer::at(&redis.url("rediss", "mercato:hunter2", "localhost")).with_authority(&authority.file());
    answers(&Bus::reach(&server.clone().with_identity(&certificate, &key)).await.expect("ours")).await;
    let client = server.client().expect("a client");
    assert!(client.get_multiplexed_async_connection().await.is_err(), "without one nobody comes in");
    let another = Authority::new("another");
    let (certificate, key) = another.issue("client", &[]);
    let client = server.with_identity(&certificate, &key).client().expect("a client");
    assert!(client.get_multiplexed_async_connection().await.is_err(), "nor with anybody's");
}

//! A database for one shop on the engine under test.

use kit::testing::variable;
use sea_orm::{ConnectionTrait, Database};

/// What to pass as `--database`: `sqlite`, or a database of its own on the Postgres under test.
pub async fn fresh() -> String {
    match variable("MERCATO_TEST_ENGINE").as_deref() {
        None | Some("sqlite") => "sqlite".to_owned(),
        Some("postgres") => fresh_postgres().await,
        Some(other) => panic!("MERCATO_TEST_ENGINE is `{other}`: say sqlite or postgres"),
    }
}

async fn fresh_postgres() -> String {
    let server = variable("MERCATO_TEST_POSTGRES").expect("MERCATO_TEST_POSTGRES names the server under test");
    let name = format!("shop_{}", uuid::Uuid::now_v7().simple());
    let connection = Database::connect(&server).await.expect("the server under test answers");
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
    let (address, query) = server.split_once('?').map_or((server.as_str(), None), |(a, q)| (a, Some(q)));
    let scheme_end = address.find("://").map_or(0, |at| at + 3);
    let host_end = address[scheme_end..].find('/').map_or(address.len(), |at| scheme_end + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &address[..host_end])
}

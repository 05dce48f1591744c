//! Dead letters as staff see them, on a real Redis.

use async_graphql::Request;
use kit::Viewer;
use kit::messaging::{DeadLetters, Subscribers};
use kit::testing::{TestRedis, execute, sent};
use serde_json::{Value, json};

use crate::shop::{Shop, ada};

const LIST: &str = "{ deadLetters { id stream group kind key cause attempts } }";

struct Office {
    shop: Shop,
    redis: TestRedis,
    letters: DeadLetters,
}

impl Office {
    /// A shop with one dead letter. Its entry is 7-0.
    async fn open() -> Self {
        let (shop, redis) = (Shop::open().await, TestRedis::start().await);
        let letters = DeadLetters::new(redis.bus().await, &Subscribers::of([("orders.replies", &["orders"][..])]));
        let office = Self { shop, redis, letters };
        let fields = [
            "id",
            "m-1",
            "kind",
            "stock.shaken.v1",
            "key",
            "ord_1",
            "body",
            "{}",
            "from",
            "inventory",
            "group",
            "orders",
            "cause",
            "no answer that a checkout knows",
            "attempts",
            "5",
        ];
        let mut command = redis::cmd("XADD");
        command.arg("mercato:orders.replies:dead").arg("7-0").arg(&fields);
        office.redis(&command).await;
        office
    }

    async fn redis(&self, command: &redis::Cmd) -> redis::Value {
        command.query_async(&mut self.redis.bus().await.connection()).await.expect("Redis answers")
    }

    async fn ask(&self, viewer: &Viewer, document: &str) -> Value {
        let request = orders::attach_loaders(&self.shop.store, Request::new(document), viewer);
        execute(&self.shop.schema, request.data(viewer.clone()).data(self.letters.clone())).await
    }
}

fn staff() -> Viewer {
    Viewer::staff("user_staff", &["orders"])
}

#[tokio::test]
async fn only_staff_with_the_permission_see_or_touch_dead_letters() {
    let office = Office::open().await;
    for stranger in [Viewer::anonymous(), Viewer::guest("secret"), ada(), Viewer::staff("user_staff", &["reports"])] {
        for document in [
            LIST,
            r#"mutation { deadLetterReplay(input: {id: "orders.replies/7-0"}) { userErrors { code } } }"#,
            r#"mutation { deadLetterDrop(input: {id: "orders.replies/7-0"}) { userErrors { code } } }"#,
        ] {
            let answer = office.ask(&stranger, document).await;
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            assert!(matches!(code, Some("UNAUTHENTICATED" | "FORBIDDEN")), "{stranger:?}: {answer}");
        }
    }
    insta::assert_json_snapshot!(office.ask(&staff(), LIST).await, @r#"
    {
      "data": {
        "deadLetters": [
          {
            "attempts": 5,
            "cause": "no answer that a checkout knows",
            "group": "orders",
            "id": "orders.replies/7-0",
            "key": "ord_1",
            "kind": "stock.shaken.v1",
            "stream": "orders.replies"
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_dead_letter_is_replayed_or_dropped_once() {
    for (mutation, entries) in [("deadLetterReplay", 1), ("deadLetterDrop", 0)] {
        let office = Office::open().await;
        let document = format!(
            r#"mutation {{ {mutation}(input: {{id: "orders.replies/7-0"}}) {{ deadLetter {{ key }} userErrors {{ code }} }} }}"#
        );
        let first = office.ask(&staff(), &document).await;
        assert_eq!(first["data"][mutation], json!({"deadLetter": {"key": "ord_1"}, "userErrors": []}), "{first}");
        let second = office.ask(&staff(), &document).await;
        assert_eq!(second["data"][mutation], json!({"deadLetter": null, "userErrors": [{"code": "NOT_FOUND"}]}));
        let sent_again = office.redis(redis::cmd("XLEN").arg("mercato:orders.replies")).await;
        assert_eq!(sent_again, redis::Value::Int(entries), "{mutation}");
        let told = sent(&office.shop.db).await;
        let [(_, deed)] = told.as_slice() else { panic!("one deed, not {told:?}") };
        assert_eq!((&deed.body["actor"], &deed.body["subject"]), (&json!("user_staff"), &json!("orders.replies/7-0")));
    }
}

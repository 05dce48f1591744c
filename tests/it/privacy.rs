//! Everything that the shop holds on somebody is given to them, and then is gone.

use std::path::Path;
use std::time::Duration;

use kit::db::Place;
use kit::{Db, Role};
use serde_json::{Value, json};
use system_tests::shopper::{self, Shopper, a_key};
use system_tests::{Client, NOTEBOOK, Premises, Shop};

use crate::access::viewers::Mint;

const DATABASES: [&str; 7] = ["users", "catalog", "inventory", "orders", "payments", "reviews", "shipping"];
const EMAIL: &str = "zq.augusta@example.com";
const PASSWORD: &str = "correct horse battery";
/// What nobody but Augusta has typed.
const MARKS: [&str; 6] = [EMAIL, "zq.buyer@example.com", "Zqaugusta", "Zqstreet", "Zqtown", "Zqdevice"];
/// Two sagas, a parcel and a mail, on a busy machine.
const WITHIN: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

async fn until(what: &str, look: impl AsyncFn() -> Option<Value>) -> Value {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(WITHIN, looking).await.unwrap_or_else(|_elapsed| panic!("{what} never came"))
}

/// Every row of every database in which one of the marks stands, with its database and table.
async fn rows_with_marks(premises: &Premises) -> Vec<String> {
    let mut found = Vec::new();
    for role in DATABASES {
        let place = match premises.database() {
            "sqlite" => Place::Sqlite(premises.data().join(format!("{role}.sqlite"))),
            url => Place::postgres(url, role),
        };
        let db = Db::open(&place).await.expect("the database opens");
        let rows = kit::testing::rows(&db).await.into_iter();
        found.extend(rows.filter(|row| marked(row)).map(|row| format!("{role}/{row}")));
    }
    found
}

fn marked(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

fn logs_with_marks(data: &Path) -> Vec<String> {
    let logs = std::fs::read_dir(data.join("logs")).expect("the shop writes logs");
    let paths = logs.map(|log| log.expect("an entry").path());
    let found = paths.filter(|path| {
        let bytes = std::fs::read(path).expect("a readable log");
        marked(&String::from_utf8_lossy(&bytes))
    });
    found.map(|path| path.display().to_string()).collect()
}

/// Augusta, with an account, an address and a device.
async fn augusta(shop: &Shop) -> (Client, String) {
    let register = "mutation($input: UserRegisterInput!) { userRegister(input: $input) { userErrors { message } } }";
    let input = json!({"email": EMAIL, "password": PASSWORD, "displayName": "Zqaugusta"});
    shop.visitor().ask(register, json!({"input": input})).await;
    let token = shopper::token_mailed_to(shop, EMAIL).await;
    let verify = "mutation($input: UserEmailVerifyInput!) { userEmailVerify(input: $input) { accessToken } }";
    let input = json!({"token": token, "password": PASSWORD, "device": "Zqdevice"});
    let verified = shop.visitor().ask(verify, json!({"input": input})).await;
    let token = verified["userEmailVerify"]["accessToken"].as_str().unwrap_or_else(|| panic!("{verified}")).to_owned();
    let client = shop.visitor().with_access_token(&token);
    let keep =
        "mutation($address: AddressInput!) { userAddressAdd(input: {address: $address}) { userErrors { message } } }";
    client.ask(keep, json!({"address": address()})).await;
    (client, token)
}

fn address() -> Value {
    json!({"name": "Zqaugusta King", "line1": "1 Zqstreet", "city": "Zqtown", "region": "IL", "postalCode": "62701",
        "country": "US"})
}

/// An order that has arrived, and a review of what was in it.
async fn shops(client: &Client) -> Value {
    let cart = shopper::add(client, None, NOTEBOOK, 1).await;
    let shopper = Shopper::signed_in(client.clone(), cart["cart"].clone());
    let mut input = shopper.checkout_input();
    input["shippingAddress"] = address();
    input["email"] = json!("zq.buyer@example.com");
    let checkout = shopper.check_out(&input).await;
    assert_eq!(checkout["state"], "COMPLETED", "{checkout}");
    let order = checkout["order"]["id"].clone();
    until("the parcel", async || {
        let found = client.ask("query($id: ID!) { order(id: $id) { lifecycle } }", json!({"id": order})).await;
        (found["order"]["lifecycle"] == "COMPLETED").then_some(found)
    })
    .await;
    let review = "mutation($input: ReviewSubmitInput!) { reviewSubmit(input: $input) { review { id } } }";
    let input = json!({"productId": NOTEBOOK.product(), "rating": 5, "title": "Sums well",
        "body": "It weaves algebraic patterns as it should.", "idempotencyKey": a_key()});
    let reviewed = client.ask(review, json!({"input": input})).await;
    reviewed["reviewSubmit"]["review"]["id"].clone()
}

#[tokio::test]
async fn somebody_is_given_all_that_the_shop_holds_on_them_and_then_forgotten() {
    let premises = Premises::fresh()
        .await
        .with_setting("MERCATO_SHIPPING__SANDBOX_DISPATCH_MINUTES", 0)
        .with_setting("MERCATO_SHIPPING__SANDBOX_DELIVER_MINUTES", 0)
        .with_setting("MERCATO_SHIPPING__TRACK_EVERY_SECONDS", 1)
        .with_setting("MERCATO_PRIVACY__SETTLE_SECONDS", 1)
        .with_setting("MERCATO_PRIVACY__RECHECK_SECONDS", 1)
        .with_setting("MERCATO_LOG__FILTER", "debug,sqlx=info,h2=info,hyper=info");
    let shop = Shop::open(&premises);
    let (client, token) = augusta(&shop).await;
    let review = shops(&client).await;
    let staff = shopper::staff(&shop).await;
    let watcher = Mint::of(&premises).await.token("user_watcher", Role::Staff, &["users"]);
    let watcher = shop.visitor().with_access_token(&watcher);

    let begun = client.ask("mutation { userDataExport { dataExport { id } } }", json!({})).await;
    let id = begun["userDataExport"]["dataExport"]["id"].clone();
    let ready = until("the export", async || {
        let find = "query($id: ID!) { dataExport(id: $id) { state url parts { keeper receivedAt } } }";
        let found = client.ask(find, json!({"id": id})).await["dataExport"].take();
        (found["state"] == "READY").then_some(found)
    })
    .await;
    let url = format!("{}{}", shop.url(), ready["url"].as_str().expect("where it is"));
    let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
    let got = http.get(&url).bearer_auth(&token).send().await.expect("the edge answers");
    assert_eq!(got.headers()["content-disposition"], "attachment; filename=\"my-data.json\"");
    let file: Value = got.json().await.expect("it is JSON");
    assert_eq!(http.get(&url).send().await.expect("the edge answers").status(), 401);
    assert_eq!(file["users"]["account"]["email"], EMAIL);
    assert_eq!(file["users"]["addresses"][0]["line1"], "1 Zqstreet");
    assert_eq!(file["orders"]["orders"][0]["address"]["city"], "Zqtown");
    assert_eq!(file["payments"]["payments"][0]["last4"], "4242");
    assert_eq!(file["shipping"]["shipments"][0]["state"], "DELIVERED");
    assert_eq!(file["reviews"]["reviews"][0]["title"], "Sums well");

    let erase =
        "mutation($input: UserEraseInput!) { userErase(input: $input) { erasure { id } userErrors { message } } }";
    let begun = client.ask(erase, json!({"input": {"password": PASSWORD}})).await;
    let id = begun["userErase"]["erasure"]["id"].clone();
    until("the end of the session", async || {
        let again = client.send("{ me { id } }", json!({})).await.body;
        (again["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED").then_some(again)
    })
    .await;
    until("the end of the erasure", async || {
        let find = "query($id: ID!) { erasure(id: $id) { state timeline { kind } } }";
        let found = watcher.ask(find, json!({"id": id})).await["erasure"].take();
        (found["state"] == "ERASED").then_some(found)
    })
    .await;

    let find = "query($id: ID!) { review(id: $id) { rating title author { displayName } } }";
    let found = shop.visitor().ask(find, json!({"id": review})).await;
    let expected = json!({"rating": 5, "title": "Sums well", "author": {"displayName": "A former customer"}});
    assert_eq!(found["review"], expected);
    until("books that are clean", async || {
        let books =
            "{ conservation(audit: true) { money { violations { message } } units { violations { message } } } }";
        let books = staff.ask(books, json!({})).await["conservation"].take();
        let clean = json!({"money": {"violations": []}, "units": {"violations": []}});
        (books == clean).then_some(books)
    })
    .await;
    shop.stop();
    assert_eq!(rows_with_marks(&premises).await, Vec::<String>::new());
    assert_eq!(logs_with_marks(&premises.data()), Vec::<String>::new());
}

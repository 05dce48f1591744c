use kit::Viewer;
use serde_json::{Value, json};

use crate::{Users, code, text};

const ADD: &str = "mutation ($input: UserAddressAddInput!) {
    userAddressAdd(input: $input) { savedAddress { id isDefaultShipping isDefaultBilling address { line1 region postalCode country } } userErrors { code message path } }
}";
const UPDATE: &str = "mutation ($input: UserAddressUpdateInput!) {
    userAddressUpdate(input: $input) { savedAddress { id isDefaultShipping isDefaultBilling address { line1 region postalCode country } } userErrors { code message path } }
}";
const REMOVE: &str = "mutation ($input: UserAddressRemoveInput!) {
    userAddressRemove(input: $input) { removedId userErrors { code } }
}";

fn at(line1: &str) -> Value {
    json!({"name": "Ada Lovelace", "line1": line1, "city": "Springfield", "region": "il", "postalCode": "62701", "country": "US"})
}

impl Users {
    async fn add(&self, who: &str, input: Value) -> Value {
        self.ask(Viewer::user(who), ADD, json!({"input": input})).await
    }

    async fn kept(&self, who: &str) -> Vec<(String, bool, bool)> {
        let me = "{ me { addresses { address { line1 } isDefaultShipping isDefaultBilling } } }";
        let answer = self.ask(Viewer::user(who), me, json!({})).await;
        let addresses = answer["data"]["me"]["addresses"].as_array().unwrap_or_else(|| panic!("{answer:#}")).clone();
        let told = addresses.iter().map(|one| {
            let flag = |name: &str| one[name].as_bool().expect("a flag");
            (text(one, "/address/line1"), flag("isDefaultShipping"), flag("isDefaultBilling"))
        });
        told.collect()
    }
}

#[tokio::test]
async fn the_first_address_is_the_default_until_another_is() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let first = users.add(&ada, json!({"address": at("1 Main Street")})).await;
    assert_eq!(first["data"]["userAddressAdd"]["savedAddress"]["address"]["region"], "IL", "{first:#}");
    let second = users.add(&ada, json!({"address": at("2 Main Street"), "isDefaultShipping": true})).await;
    assert_eq!(users.kept(&ada).await, [("1 Main Street".into(), false, true), ("2 Main Street".into(), true, false)]);
    let id = text(&second, "/data/userAddressAdd/savedAddress/id");
    let changes = json!({"input": {"id": id, "address": at("3 Main Street"), "isDefaultBilling": true}});
    users.ask(Viewer::user(&ada), UPDATE, changes).await;
    assert_eq!(users.kept(&ada).await, [("1 Main Street".into(), false, false), ("3 Main Street".into(), true, true)]);
    let removed = users.ask(Viewer::user(&ada), REMOVE, json!({"input": {"id": id}})).await;
    assert_eq!(removed["data"]["userAddressRemove"]["removedId"], json!(id));
    assert_eq!(users.kept(&ada).await, [("1 Main Street".into(), false, false)]);
}

#[tokio::test]
async fn an_address_has_what_its_country_needs() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let mut address = at("1 Main Street");
    address["region"] = json!(null);
    address["postalCode"] = json!("K1A 0B1");
    let answer = users.add(&ada, json!({"address": address})).await;
    let errors = &answer["data"]["userAddressAdd"]["userErrors"];
    assert_eq!(errors[0]["path"], json!(["address", "region"]), "{answer:#}");
    assert_eq!(errors[1]["path"], json!(["address", "postalCode"]));
    assert_eq!(errors[1]["message"], "United States: that is no ZIP code. Write one, such as 95014.");
    address["country"] = json!("CA");
    address["region"] = json!("ON");
    assert_eq!(code(&users.add(&ada, json!({"address": address})).await, "userAddressAdd"), None);
}

#[tokio::test]
async fn an_address_is_kept_with_what_its_country_has_in_the_form_that_it_has_there() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    for (country, region, code, kept) in [
        ("HK", "九龍", "999077", (json!("Kowloon"), json!(null))),
        ("AE", "Dubai", "-", (json!("إمارة دبيّ"), json!(null))),
        ("JP", "Tokyo", "1540023", (json!("東京都"), json!("154-0023"))),
        ("DE", "Bayern", "80331", (json!(null), json!("80331"))),
    ] {
        let address = json!({"name": "Ada", "line1": "1", "city": "x", "region": region, "postalCode": code,
            "country": country});
        let answer = users.add(&ada, json!({"address": address})).await;
        let address = &answer["data"]["userAddressAdd"]["savedAddress"]["address"];
        assert_eq!((address["region"].clone(), address["postalCode"].clone()), kept, "{answer:#}");
    }
}

#[tokio::test]
async fn fifty_addresses_are_kept_however_many_come_at_once() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let adds = (0..54).map(|number| users.add(&ada, json!({"address": at(&format!("{number} Main Street"))})));
    let answers = futures::future::join_all(adds).await;
    let refused: Vec<_> = answers.iter().filter_map(|answer| code(answer, "userAddressAdd")).collect();
    assert_eq!(refused, ["TOO_MANY"; 4]);
    let kept = users.kept(&ada).await;
    assert_eq!(kept.len(), 50);
    assert_eq!(kept.iter().filter(|(_, shipping, _)| *shipping).count(), 1);
}

#[tokio::test]
async fn nobody_sees_changes_or_removes_another_s_address() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let bob = users.somebody("bob@example.com", "Bob").await;
    let added = users.add(&ada, json!({"address": at("1 Main Street")})).await;
    let id = text(&added, "/data/userAddressAdd/savedAddress/id");
    let entity = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { displayName addresses { id } preferences { language } } } }";
    let of = json!({"of": [{"__typename": "User", "id": ada}]});
    for stranger in [Viewer::user(&bob), Viewer::anonymous(), Viewer::staff("user_staff", &["users"])] {
        let seen = users.ask(stranger.clone(), entity, of.clone()).await;
        let nothing = json!([{"displayName": "Ada", "addresses": null, "preferences": null}]);
        assert_eq!(seen["data"]["_entities"], nothing);
    }
    let own = users.ask(Viewer::user(&ada), entity, of).await;
    assert_eq!(own["data"]["_entities"][0]["addresses"], json!([{"id": id}]));

    let update = users.ask(Viewer::user(&bob), UPDATE, json!({"input": {"id": id, "isDefaultShipping": false}})).await;
    assert_eq!(code(&update, "userAddressUpdate").as_deref(), Some("NOT_FOUND"));
    let remove = users.ask(Viewer::user(&bob), REMOVE, json!({"input": {"id": id}})).await;
    assert_eq!(code(&remove, "userAddressRemove").as_deref(), Some("NOT_FOUND"));
    assert_eq!(users.kept(&ada).await, [("1 Main Street".into(), true, true)]);
    let anonymous = users.ask(Viewer::anonymous(), REMOVE, json!({"input": {"id": id}})).await;
    assert_eq!(anonymous["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

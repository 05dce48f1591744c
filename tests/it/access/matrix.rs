//! Each root field and each entity, asked by everybody.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use system_tests::shopper::{Shopper, add};
use system_tests::{Client, MUG, Premises, Shop};

use super::doors::{entities, open, root_fields};
use super::rules::{Case, ENTITIES, MUTATIONS, QUERIES, RECENT, Rule};
use super::viewers::{Mint, VISITORS, Visitor};

const SUBGRAPHS: [&str; 8] = ["users", "catalog", "inventory", "search", "orders", "payments", "reviews", "shipping"];

/// Things that belong to one customer, for everybody to ask for.
struct Fixture {
    shop: Shop,
    mint: Mint,
    owner: String,
    variables: Value,
}

/// What a visitor got.
#[derive(Debug, PartialEq, Eq)]
enum Got {
    Refused(String),
    Nothing,
    Something,
}

async fn signed_in(shop: &Shop) -> Client {
    let document = "mutation($input: UserLoginInput!) { userLogin(input: $input) { accessToken } }";
    let input = json!({"email": "shopper@demo.mercato.invalid", "password": "demo-shopper"});
    let data = shop.visitor().ask(document, json!({"input": input})).await;
    shop.visitor().with_access_token(data["userLogin"]["accessToken"].as_str().unwrap_or_else(|| panic!("{data}")))
}

impl Fixture {
    async fn set() -> (Self, Premises) {
        // Everybody asks about one address, and how often one may is another rule.
        let premises = Premises::fresh().await.with_setting("MERCATO_CHECKOUT__LINKS_PER_ADDRESS", 0);
        let shop = Shop::open(&premises);
        let client = signed_in(&shop).await;
        let owner = client.ask("{ me { id } }", json!({})).await["me"]["id"].as_str().expect("signed in").to_owned();
        let cart = add(&client, None, MUG, 1).await["cart"].take();
        let shopper = Shopper::signed_in(client.clone(), cart);
        let checkout = shopper.check_out(&shopper.checkout_input()).await;
        let order = checkout["order"]["id"].clone();
        let left = add(&client, None, MUG, 1).await["cart"].take();
        let parts = "query($id: ID!) { order(id: $id) { payments { id } shipments { id } } }";
        let parts = client.ask(parts, json!({"id": order})).await;
        let reviewed = "query($id: ID!) { product(id: $id) { reviews { nodes { id } } } }";
        let reviewed = client.ask(reviewed, json!({"id": "prod_mug"})).await;
        let mut variables = json!({
            "cart": left["id"], "line": left["lines"][0]["id"], "order": order, "checkout": checkout["id"],
            "payment": parts["order"]["payments"][0]["id"], "shipment": parts["order"]["shipments"][0]["id"],
            "review": reviewed["product"]["reviews"]["nodes"][0]["id"], "owner": owner,
        });
        let kept =
            "mutation($address: AddressInput!) { userAddressAdd(input: {address: $address}) { savedAddress { id } } }";
        let kept = client.ask(kept, json!({"address": shopper.checkout_input()["shippingAddress"]})).await;
        variables["address"] = kept["userAddressAdd"]["savedAddress"]["id"].clone();
        let gathered = client.ask("mutation { userDataExport { dataExport { id } } }", json!({})).await;
        variables["export"] = gathered["userDataExport"]["dataExport"]["id"].clone();
        let category = client.ask("{ category(slug: \"kitchen\") { id } }", json!({})).await;
        variables["category"] = category["category"]["id"].clone();
        // The order has not arrived, so nothing is erased yet.
        let erase = "mutation { userErase(input: {password: \"demo-shopper\"}) { erasure { id } } }";
        variables["erasure"] = client.ask(erase, json!({})).await["userErase"]["erasure"]["id"].clone();
        // To ask for it has ended all sessions so far.
        let sessions = signed_in(&shop).await.ask("{ me { sessions { nodes { id } } } }", json!({})).await;
        variables["session"] = sessions["me"]["sessions"]["nodes"][0]["id"].clone();
        let mint = Mint::of(&premises).await;
        (Self { shop, mint, owner, variables }, premises)
    }

    /// The case's words with the fixture's ids in the place of `$name`.
    fn fill(&self, asks: &str) -> String {
        let variables = self.variables.as_object().expect("names and ids");
        variables.iter().fold(asks.to_owned(), |text, (name, id)| {
            let id = id.as_str().unwrap_or_else(|| panic!("the fixture has no {name}"));
            text.replace(&format!("${name}"), &format!("\"{id}\""))
        })
    }

    fn visitor(&self, visitor: Visitor, door: Client, rule: Rule) -> Client {
        let needed = match rule {
            Rule::Owner(permission) => permission,
            Rule::Staff(permission) | Rule::Hidden(permission) => Some(permission),
            Rule::Open | Rule::SignedIn | Rule::Proof => None,
        };
        visitor.at(door, &self.mint, &self.owner, needed)
    }
}

/// What the rule lets a visitor have.
fn may(rule: Rule, visitor: Visitor, got: &Got) -> bool {
    let refused = |code: &str| *got == Got::Refused(code.to_owned());
    match (rule, visitor) {
        (_, Visitor::Expired | Visitor::Forged) => refused("UNAUTHENTICATED"),
        (Rule::Open, _) => *got == Got::Something,
        (Rule::Owner(_), Visitor::Owner) => *got == Got::Something,
        (Rule::Owner(Some(_)), Visitor::StaffWith) => *got == Got::Something,
        (Rule::Owner(_), Visitor::Anonymous | Visitor::Guest) => refused("UNAUTHENTICATED") || *got == Got::Nothing,
        (Rule::Hidden(_), Visitor::StaffWith) => *got == Got::Something,
        (Rule::Owner(_) | Rule::Hidden(_) | Rule::Proof, _) => *got == Got::Nothing,
        (Rule::SignedIn, Visitor::Anonymous | Visitor::Guest) => refused("UNAUTHENTICATED") || *got == Got::Nothing,
        // What is asked for need not be there.
        (Rule::SignedIn, _) => !matches!(got, Got::Refused(_)),
        (Rule::Staff(_), Visitor::StaffWith) => !matches!(got, Got::Refused(_)),
        (Rule::Staff(_), Visitor::Anonymous | Visitor::Guest) => refused("UNAUTHENTICATED"),
        (Rule::Staff(_), _) => refused("FORBIDDEN"),
    }
}

/// What is nobody else's business has these codes: one for "not there" and "not yours", and those of a wrong proof.
const NOTHING: [&str; 9] = [
    "NOT_FOUND",
    "INVALID_CREDENTIALS",
    "INVALID_TOKEN",
    "SESSION_ENDED",
    "SIGN_IN_AGAIN",
    "LINK_EXPIRED",
    "UNAUTHENTICATED",
    "INVALID_INPUT",
    "TOO_MANY_ATTEMPTS",
];

fn got(answer: &Value, place: &Value) -> Got {
    if let Some(code) = answer["errors"][0]["extensions"]["code"].as_str() {
        return Got::Refused(code.to_owned());
    }
    assert_eq!(answer.get("errors"), None, "every refusal has a code");
    if let Some(errors) = place["userErrors"].as_array() {
        let code = errors.first().and_then(|error| error["code"].as_str());
        return if code.is_some_and(|code| NOTHING.contains(&code)) { Got::Nothing } else { Got::Something };
    }
    if tells_nothing(place) { Got::Nothing } else { Got::Something }
}

/// Null, an empty list, or nothing but those beside the name of the type.
fn tells_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(tells_nothing),
        Value::Object(fields) => fields.iter().all(|(name, value)| name == "__typename" || tells_nothing(value)),
        _ => false,
    }
}

fn named(cases: &[Case]) -> BTreeSet<String> {
    cases.iter().map(|case| case.name.to_owned()).collect()
}

#[test]
fn every_root_field_and_every_entity_has_a_rule_and_no_rule_is_left_over() {
    assert_eq!(named(QUERIES), root_fields("Query"));
    assert_eq!(named(MUTATIONS), root_fields("Mutation"));
    let resolved = SUBGRAPHS
        .iter()
        .flat_map(|subgraph| entities(subgraph).into_iter().map(move |entity| format!("{subgraph}/{entity}")));
    assert_eq!(named(ENTITIES), resolved.collect());
}

#[test]
fn what_takes_a_recent_proof_has_a_case() {
    assert!(RECENT.iter().all(|name| MUTATIONS.iter().any(|case| case.name == *name)));
}

#[test]
fn what_is_open_to_everybody_stands_in_one_list() {
    let of = |kind: &str, cases: &[Case]| {
        let open = cases.iter().filter(|case| case.rule == Rule::Open);
        open.map(|case| format!("{kind}{}", case.name)).collect::<Vec<_>>()
    };
    let ruled = [of("Query.", QUERIES), of("Mutation.", MUTATIONS), of("", ENTITIES)].concat();
    assert_eq!(ruled.into_iter().collect::<BTreeSet<_>>(), open());
}

#[tokio::test]
async fn everybody_gets_what_the_rule_of_the_door_says() {
    let (fixture, _premises) = Fixture::set().await;
    let mut wrong = Vec::new();
    let mut cells = 0;
    for visitor in VISITORS {
        for (kind, cases) in [("query", QUERIES), ("mutation", MUTATIONS)] {
            for case in cases {
                let document = format!("{kind} {{ it: {}{} }}", case.name, fixture.fill(case.asks));
                let client = fixture.visitor(visitor, fixture.shop.visitor(), case.rule);
                let answer = client.send(&document, json!({})).await.body;
                let got = got(&answer, &answer["data"]["it"]);
                cells += 1;
                if !may(case.rule, visitor, &got) {
                    wrong.push(format!("{} {:?} for {visitor:?}: {got:?}, {answer}", case.name, case.rule));
                }
            }
        }
        for case in ENTITIES {
            let (subgraph, entity) = case.name.split_once('/').expect("a subgraph and an entity");
            let (key, fields) = case.asks.split_once(' ').expect("a key and a selection");
            let document = format!(
                "{{ it: _entities(representations: [{{__typename: \"{entity}\", id: {}}}]) {{ ... on {entity} {fields} }} }}",
                fixture.fill(key)
            );
            let client = fixture.visitor(visitor, fixture.shop.door(subgraph).await, case.rule);
            let answer = client.send(&document, json!({})).await.body;
            let got = got(&answer, &answer["data"]["it"]);
            cells += 1;
            if !may(case.rule, visitor, &got) {
                wrong.push(format!("{} {:?} for {visitor:?}: {got:?}, {answer}", case.name, case.rule));
            }
        }
    }
    let stale = fixture.shop.visitor().with_access_token(&fixture.mint.stale(&fixture.owner));
    for case in MUTATIONS.iter().filter(|case| RECENT.contains(&case.name)) {
        let answer = stale.send(&format!("mutation {{ it: {}{} }}", case.name, case.asks), json!({})).await.body;
        cells += 1;
        if got(&answer, &answer["data"]["it"]) != Got::Refused("STEP_UP_REQUIRED".to_owned()) {
            wrong.push(format!("{} without a recent proof: {answer}", case.name));
        }
    }
    println!("access matrix: {cells} cells, {} not as the rule says", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

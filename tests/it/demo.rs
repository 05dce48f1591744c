//! What a demo shows, and that a shop which strangers reach shows none of it.

use serde_json::{Value, json};
use system_tests::{Client, Premises, Shop};

const STAFF: (&str, &str) = ("staff@demo.mercato.invalid", "demo-staff");
const LOGIN: &str =
    "mutation($input: UserLoginInput!) { userLogin(input: $input) { refreshToken userErrors { code } } }";
const REFRESH: &str =
    "mutation($input: UserTokenRefreshInput!) { userTokenRefresh(input: $input) { userErrors { code } } }";

/// How a shop is opened, whether it is a demo then, and whether it has anything to warn of.
struct Case {
    what: &'static str,
    listen: &'static str,
    settings: &'static [(&'static str, &'static str)],
    is_demo: bool,
    is_public: bool,
}

const CASES: [Case; 7] = [
    Case { what: "on loopback", listen: "127.0.0.1:0", settings: &[], is_demo: true, is_public: false },
    Case { what: "on every interface", listen: "0.0.0.0:0", settings: &[], is_demo: false, is_public: true },
    Case {
        what: "on every interface, and said so",
        listen: "0.0.0.0:0",
        settings: &[("MERCATO_DEMO", "on")],
        is_demo: true,
        is_public: true,
    },
    Case {
        what: "behind a proxy",
        listen: "127.0.0.1:0",
        settings: &[("MERCATO_EDGE__PUBLIC_URL", "https://shop.example"), ("MERCATO_EDGE__PROXIES", "1")],
        is_demo: false,
        is_public: true,
    },
    Case {
        what: "for this machine by name",
        listen: "127.0.0.1:0",
        settings: &[("MERCATO_EDGE__PUBLIC_URL", "http://localhost:4000")],
        is_demo: true,
        is_public: false,
    },
    Case {
        what: "on loopback, and not wanted",
        listen: "127.0.0.1:0",
        settings: &[("MERCATO_DEMO", "off")],
        is_demo: false,
        is_public: false,
    },
    Case {
        what: "not wanted, by the key's former name",
        listen: "127.0.0.1:0",
        settings: &[("MERCATO_EDGE__DEMO", "false")],
        is_demo: false,
        is_public: false,
    },
];

/// What signing in as the demo's staff leads to: a refresh token, or the code of a refusal.
async fn signed_in(shop: &Shop) -> Result<String, Value> {
    let input = json!({"email": STAFF.0, "password": STAFF.1});
    let mut login = shop.visitor().ask(LOGIN, json!({"input": input})).await["userLogin"].take();
    match login["refreshToken"].as_str() {
        Some(token) => Ok(token.to_owned()),
        None => Err(login["userErrors"][0]["code"].take()),
    }
}

async fn goes_on(shop: &Shop, token: &str) -> bool {
    let payload = shop.visitor().ask(REFRESH, json!({"input": {"refreshToken": token}})).await;
    payload["userTokenRefresh"]["userErrors"] == json!([])
}

async fn shown(shop: &Shop, path: &str) -> String {
    Client::new(shop.url()).get(path).await
}

/// One folder, opened again and again: each demo begins with the accounts that the shop before has disabled.
#[tokio::test]
async fn demo_accounts_and_mails_exist_where_only_this_machine_reaches_them_or_it_was_said_in_so_many_words() {
    let mut premises = Premises::fresh().await;
    let mut token: Option<String> = None;
    for Case { what, listen, settings, is_demo, is_public } in CASES {
        premises = premises.refitted(listen, settings);
        let shop = Shop::open(&premises);
        let accounts: Value = serde_json::from_str(&shown(&shop, "/demo/accounts.json").await).expect("JSON");
        assert_eq!(accounts.as_array().map(Vec::len), Some(if is_demo { 2 } else { 0 }), "{what}");
        assert_eq!(shown(&shop, "/dev/mail/messages.json").await == "[]", is_demo, "{what}");
        assert_eq!(shop.said().contains("passwords everybody knows"), is_demo && is_public, "{what}: {}", shop.said());
        assert_eq!(shop.said().contains("WARNING"), is_public, "{what}: {}", shop.said());
        assert_eq!(shop.said().contains(STAFF.1), is_demo, "{what}: {}", shop.said());
        if let Some(former) = token.take().filter(|_| !is_demo) {
            assert!(shop.said().contains("demo accounts are disabled"), "{what}: {}", shop.said());
            assert!(!goes_on(&shop, &former).await, "{what}: its sessions have ended");
        }
        match signed_in(&shop).await {
            Ok(granted) => {
                assert!(is_demo, "{what}: everybody gets in");
                token = Some(granted);
            }
            Err(code) => assert!(!is_demo && code == "INVALID_CREDENTIALS", "{what}: {code}"),
        }
        shop.stop();
    }
}

//! Signing in at somebody else's, in a real browser, before a whole shop.

#[path = "../../web-bff/tests/it/provider.rs"]
mod provider;

use system_tests::{Premises, Shop};

use self::provider::OpenIdProvider;

/// A shop of its own: it is told of a provider when it opens.
async fn shop_that_trusts(provider: &OpenIdProvider) -> (Premises, Shop) {
    let listed = format!(
        r#"[{{name="openid", kind="openid", issuer="{}", client_id="the-edge", client_secret="the-edge-secret"}}]"#,
        provider.issuer
    );
    let premises = Premises::fresh().await.with_setting("MERCATO_EDGE__PROVIDERS", listed);
    let shop = Shop::open(&premises);
    (premises, shop)
}

#[tokio::test]
async fn a_real_browser_signs_in_through_a_provider_shops_and_signs_out() {
    let Some(provider) = OpenIdProvider::start() else { return };
    let (_premises, shop) = shop_that_trusts(&provider).await;
    let Some(seen) = provider::seen_by_chromium(shop.url()).await else { return };
    provider::assert_a_session_begins_and_ends(&seen, shop.url());
    let me = &seen["me"]["body"]["data"]["me"];
    assert_eq!((&me["displayName"], &me["email"]), (&"ada".into(), &"ada@provider.example".into()), "{seen}");
    assert!(seen["meAfter"]["body"]["data"]["me"].is_null(), "{seen}");
}

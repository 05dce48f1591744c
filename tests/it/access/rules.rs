//! The rule of every root field and every entity. One that is not named here fails the test.

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everybody. Only what `open.txt` names may say so.
    Open,
    /// Whose it is, and staff with this permission where there is one. To others it is not there.
    Owner(Option<&'static str>),
    /// Whoever is signed in, each with what is his own; others are told to sign in, or nothing.
    SignedIn,
    /// Staff with this permission; others are refused.
    Staff(&'static str),
    /// Staff with this permission; to others it is not there, as one refusal would cost the other entities of a request.
    Hidden(&'static str),
    /// Whoever holds the proof that the input must carry; the rule asks without one, so nobody gets anything.
    Proof,
}

/// A door, its rule and how to ask there. `$name` is an id of the fixture's: see `matrix.rs`.
pub struct Case {
    pub name: &'static str,
    pub rule: Rule,
    /// What is asked: of a root field its arguments and selection, of an entity its key and the selection.
    pub asks: &'static str,
}

const fn case(name: &'static str, rule: Rule, asks: &'static str) -> Case {
    Case { name, rule, asks }
}

/// What takes a recent proof of who asks, whoever they are and whatever they may do.
pub const RECENT: [&str; 5] = [
    "userDataExport",
    "userPermissionsSet",
    "userSecondFactorAdd",
    "userSecondFactorConfirm",
    "userSecondFactorRemove",
];

pub const QUERIES: &[Case] = &[
    case("auditLog", Rule::Staff("reports"), "(first: 1) { nodes { id } }"),
    case("cart", Rule::Owner(None), "(id: $cart) { id }"),
    case("categories", Rule::Open, "{ id }"),
    case("category", Rule::Open, "(slug: \"kitchen\") { id }"),
    case("checkout", Rule::Owner(None), "(id: $checkout) { id }"),
    case("conservation", Rule::Staff("reports"), "{ id }"),
    case("currentCart", Rule::SignedIn, "{ id }"),
    case("dataExport", Rule::Owner(None), "(id: $export) { id }"),
    case("deadLetters", Rule::Staff("orders"), "{ id }"),
    case("erasure", Rule::Owner(Some("users")), "(id: $erasure) { id }"),
    case("me", Rule::SignedIn, "{ id }"),
    case("order", Rule::Owner(Some("orders")), "(id: $order) { id }"),
    case("orders", Rule::SignedIn, "{ nodes { id } }"),
    case("product", Rule::Open, "(id: \"prod_mug\") { id }"),
    case("review", Rule::Open, "(id: $review) { id }"),
    case("search", Rule::Open, "(first: 1) { hits { product { id } } }"),
    case("shippingRates", Rule::Open, "(country: \"US\") { method }"),
    case("stockLocations", Rule::Open, "{ nodes { id } }"),
];

pub const MUTATIONS: &[Case] = &[
    case("cartClaim", Rule::Owner(None), "(input: {cartId: $cart}) { userErrors { code } }"),
    case(
        "cartDeliverySelect",
        Rule::Owner(None),
        "(input: {cartId: $cart, method: \"standard\", country: \"US\"}) { userErrors { code } }",
    ),
    case(
        "cartLinesAdd",
        Rule::Open,
        "(input: {lines: [{variantId: \"var_mug\"}], idempotencyKey: \"9f0c2d1e-3b4a-4c5d-8e6f-7a8b9c0d1e2f\"}) { userErrors { code } }",
    ),
    case(
        "cartLinesUpdate",
        Rule::Owner(None),
        "(input: {cartId: $cart, lines: [{lineId: $line, quantity: 2}], idempotencyKey: \"update\"}) { userErrors { code } }",
    ),
    case(
        "checkoutSubmit",
        Rule::Owner(None),
        "(input: {cartId: $cart, cartVersion: 1, email: \"a@example.com\", expectedTotal: {minor: \"1\", currency: \"USD\"}, \
         idempotencyKey: \"submit\", paymentMethodToken: \"pm_card_visa\", shippingMethod: \"standard\", \
         shippingAddress: {name: \"A\", line1: \"1\", city: \"S\", region: \"IL\", postalCode: \"62701\", \
         country: \"US\"}}) { userErrors { code } }",
    ),
    case(
        "checkoutCancel",
        Rule::Owner(None),
        "(input: {checkoutId: $checkout, idempotencyKey: \"off\"}) { userErrors { code } }",
    ),
    case("deadLetterDrop", Rule::Staff("orders"), "(input: {id: \"orders.replies/1-0\"}) { userErrors { code } }"),
    case("deadLetterReplay", Rule::Staff("orders"), "(input: {id: \"orders.replies/1-0\"}) { userErrors { code } }"),
    case("orderAccessOpen", Rule::Proof, "(input: {token: \"a guess\"}) { userErrors { code } }"),
    case(
        "orderAccessRequest",
        Rule::Open,
        "(input: {number: \"M-00000000\", email: \"a@example.com\"}) { userErrors { code } }",
    ),
    case(
        "orderCancel",
        Rule::Owner(Some("orders")),
        "(input: {orderId: $order, idempotencyKey: \"cancel\"}) { userErrors { code } }",
    ),
    case(
        "orderRefund",
        Rule::Staff("orders"),
        "(input: {orderId: $order, idempotencyKey: \"refund\"}) { userErrors { code } }",
    ),
    case(
        "paymentSettle",
        Rule::Staff("orders"),
        "(input: {orderId: $order, reference: \"transfer 1\"}) { userErrors { code } }",
    ),
    case(
        "reviewSubmit",
        Rule::SignedIn,
        "(input: {productId: \"prod_mug\", rating: 5, title: \"Good\", body: \"It holds tea well.\", \
         idempotencyKey: \"review\"}) { userErrors { code } }",
    ),
    // Before anything of the owner's ends all sessions.
    case("userSessionRevoke", Rule::Owner(None), "(input: {id: $session}) { userErrors { code } }"),
    case(
        "userAddressAdd",
        Rule::SignedIn,
        "(input: {address: {name: \"A\", line1: \"1\", city: \"S\", region: \"IL\", postalCode: \"62701\", \
         country: \"US\"}}) { userErrors { code } }",
    ),
    case("userAddressUpdate", Rule::Owner(None), "(input: {id: $address}) { userErrors { code } }"),
    case("userAddressRemove", Rule::Owner(None), "(input: {id: $address}) { userErrors { code } }"),
    case("userDataExport", Rule::SignedIn, "{ userErrors { code } }"),
    case("userErase", Rule::SignedIn, "(input: {password: \"demo-shopper\"}) { userErrors { code } }"),
    case(
        "userEmailChange",
        Rule::SignedIn,
        "(input: {password: \"demo-shopper\", newEmail: \"matrix@example.com\"}) { userErrors { code } }",
    ),
    case("userEmailChangeConfirm", Rule::Proof, "(input: {token: \"mot_guess\"}) { userErrors { code } }"),
    case("userEmailVerify", Rule::Proof, "(input: {token: \"mot_guess\"}) { userErrors { code } }"),
    case("userIdentityUnlink", Rule::SignedIn, "(input: {provider: \"google\"}) { userErrors { code } }"),
    case("userLogin", Rule::Proof, "(input: {email: \"nobody\", password: \"a guess\"}) { userErrors { code } }"),
    case("userLogout", Rule::Open, "(input: {}) { userErrors { code } }"),
    case(
        "userPasswordChange",
        Rule::SignedIn,
        "(input: {currentPassword: \"demo-shopper\", newPassword: \"demo-shopper\"}) { userErrors { code } }",
    ),
    case(
        "userPasswordReset",
        Rule::Proof,
        "(input: {token: \"mot_guess\", newPassword: \"another horse\"}) { userErrors { code } }",
    ),
    // The mailbox is the proof of these.
    case("userPasswordResetRequest", Rule::Proof, "(input: {email: \"nobody\"}) { userErrors { code } }"),
    case(
        "userPermissionsSet",
        Rule::Staff("users"),
        "(input: {userId: \"user_0192f3a1c4e87d2f9b1a5c6d7e8f0000\", permissions: []}) { userErrors { code } }",
    ),
    case("userPreferencesUpdate", Rule::SignedIn, "(input: {language: \"en\"}) { userErrors { code } }"),
    case("userProfileUpdate", Rule::SignedIn, "(input: {displayName: \"Demo Shopper\"}) { userErrors { code } }"),
    case(
        "userRegister",
        Rule::Proof,
        "(input: {email: \"nobody\", password: \"another horse\", displayName: \"A\"}) { userErrors { code } }",
    ),
    case("userSecondFactorAdd", Rule::SignedIn, "{ userErrors { code } }"),
    case("userSecondFactorConfirm", Rule::SignedIn, "(input: {code: \"a guess\"}) { userErrors { code } }"),
    case("userSecondFactorRemove", Rule::SignedIn, "{ userErrors { code } }"),
    case(
        "userSecondFactorSignIn",
        Rule::Proof,
        "(input: {ticket: \"mot_guess\", code: \"a guess\"}) { userErrors { code } }",
    ),
    case("userStepUp", Rule::SignedIn, "(input: {password: \"demo-shopper\"}) { userErrors { code } }"),
    case("userTokenRefresh", Rule::Proof, "(input: {refreshToken: \"mrt_guess\"}) { userErrors { code } }"),
    case("userVerificationSend", Rule::Proof, "(input: {email: \"nobody\"}) { userErrors { code } }"),
];

pub const ENTITIES: &[Case] = &[
    case("catalog/Category", Rule::Open, "$category { name }"),
    case("catalog/Product", Rule::Open, "\"prod_mug\" { title }"),
    case("catalog/ProductVariant", Rule::Open, "\"var_mug\" { title }"),
    case("inventory/Conservation", Rule::Hidden("reports"), "\"now\" { units { received } }"),
    case("inventory/Product", Rule::Open, "\"prod_mug\" { stock }"),
    case("inventory/ProductVariant", Rule::Open, "\"var_mug\" { availability { state } }"),
    case("orders/Cart", Rule::Owner(None), "$cart { version }"),
    case("orders/Checkout", Rule::Owner(None), "$checkout { state }"),
    case("orders/Order", Rule::Owner(Some("orders")), "$order { number }"),
    case("payments/Conservation", Rule::Hidden("reports"), "\"now\" { money { ordersChecked } }"),
    case("payments/Order", Rule::Owner(None), "$order { paymentState payments { id } }"),
    case("payments/Payment", Rule::Owner(None), "$payment { provider }"),
    case("reviews/Product", Rule::Open, "\"prod_mug\" { reviews { nodes { id } } }"),
    case("reviews/Review", Rule::Open, "$review { rating }"),
    case("shipping/Order", Rule::Owner(None), "$order { fulfillmentState shipments { id } }"),
    case("shipping/Shipment", Rule::Owner(None), "$shipment { state }"),
    case("users/User", Rule::Open, "$owner { displayName }"),
];

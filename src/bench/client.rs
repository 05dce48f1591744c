//! Asks the shop as a storefront does.

use anyhow::Context;
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

/// A document of `web-bff/operations`.
#[derive(Clone, Copy)]
pub struct Operation(&'static str);

pub const CATEGORY_PAGE: Operation = Operation(include_str!("../../web-bff/operations/CategoryPage.graphql"));
pub const PRODUCT_PAGE: Operation = Operation(include_str!("../../web-bff/operations/ProductPage.graphql"));
pub const SEARCH_PAGE: Operation = Operation(include_str!("../../web-bff/operations/SearchPage.graphql"));
pub const CART_LINES_ADD: Operation = Operation(include_str!("../../web-bff/operations/CartLinesAdd.graphql"));
pub const CHECKOUT_SUBMIT: Operation = Operation(include_str!("../../web-bff/operations/CheckoutSubmit.graphql"));
pub const CHECKOUT_PROGRESS: Operation = Operation(include_str!("../../web-bff/operations/CheckoutProgress.graphql"));
pub const LOGIN: Operation = Operation(
    "mutation Login($input: UserLoginInput!) { userLogin(input: $input) { expiresAt userErrors { message } } }",
);

/// The shelves that products stand on.
pub const SHELVES: Operation = Operation("query Shelves { categories { children { id } } }");

/// What stands on one shelf, with what it takes to buy it.
pub const SHELF: Operation = Operation(
    "query Shelf($id: ID!) { category(id: $id) { products(first: 24) { nodes { id title \
     variants(first: 5) { nodes { id weightGrams availability { state } } } } } } }",
);

impl Client {
    pub fn new(shop: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().tcp_nodelay(true).pool_max_idle_per_host(1024).build();
        Self { http: http.unwrap_or_default(), url: format!("{}/graphql", shop.trim_end_matches('/')) }
    }

    /// The answer's bytes, whatever they say.
    pub async fn post(&self, operation: Operation, variables: Value, guest: Option<&str>) -> anyhow::Result<Vec<u8>> {
        self.send(&json!({"query": operation.0, "variables": variables}), guest).await
    }

    /// The answer's bytes to any body.
    pub async fn send(&self, body: &Value, guest: Option<&str>) -> anyhow::Result<Vec<u8>> {
        let mut request = self.http.post(&self.url).json(body);
        if let Some(secret) = guest {
            request = request.header("x-cart-token", secret);
        }
        let answer = request.send().await.with_context(|| format!("{} does not answer", self.url))?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// The answer's data. An answer with an error has none.
    pub async fn ask(&self, operation: Operation, variables: Value, guest: Option<&str>) -> anyhow::Result<Value> {
        let mut answer: Value = serde_json::from_slice(&self.post(operation, variables, guest).await?)?;
        if let Some(error) = answer.pointer("/errors/0/message") {
            anyhow::bail!("{error}");
        }
        Ok(answer["data"].take())
    }
}

//! `orderAccessRequest`.

use std::net::IpAddr;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::network::client_of;
use kit::{Caller, Result};
use vocab::{Email, OrderNumber};

use super::given;
use super::user_error::UserError;
use crate::order_link::LinkRequest;
use crate::shopper_error::ShopperError;
use crate::store::Store;

/// An order that a guest looks for.
#[derive(InputObject)]
pub struct OrderAccessRequestInput {
    /// The number of the order: `M-7K3Q9XWB`. It is read however it is typed: in small letters, with spaces, with any dash or
    /// none, with an O for a zero.
    number: String,
    /// The mail address that it was made with.
    email: String,
    /// In which language to write, as BCP 47 names it: `de-AT`. Null, and what we do not write: English.
    language: Option<String>,
}

/// What became of `orderAccessRequest`.
#[derive(SimpleObject)]
pub struct OrderAccessRequestPayload {
    /// Why nothing was looked at; empty otherwise.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct OrderAccessRequest;

#[Object]
impl OrderAccessRequest {
    /// Has a link mailed to a guest who looks for an order, with which `orderAccessOpen` opens it. It can be used once and
    /// holds for an hour; links to the order that were sent before hold on until one is used. The answer is the same whether there is such an order or not. An order that is in somebody's
    /// account is found there, and not in this way.
    async fn order_access_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and whose.")] input: OrderAccessRequestInput,
    ) -> Result<OrderAccessRequestPayload> {
        let client = ctx.data_opt::<Caller>().and_then(|caller| caller.client);
        let asked = match input.read(client) {
            Ok(asked) => asked,
            Err(refused) => return Ok(OrderAccessRequestPayload { user_errors: refused }),
        };
        let refused = given::<Store>(ctx)?.request_order_link(&asked).await?.err();
        Ok(OrderAccessRequestPayload { user_errors: refused.into_iter().map(UserError::from).collect() })
    }
}

impl OrderAccessRequestInput {
    /// Everything that is wrong is told at once.
    fn read(self, client: Option<IpAddr>) -> Result<LinkRequest, Vec<UserError>> {
        let number = OrderNumber::parse(&self.number).map_err(|none| ShopperError::invalid(none, &["number"]));
        let email = Email::parse(&self.email).map_err(|wrong| ShopperError::invalid(wrong, &["email"]));
        let of_a_tag = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let language = self.language.filter(|tag| tag.len() <= 35 && tag.bytes().all(of_a_tag));
        match (number, email) {
            (Ok(number), Ok(email)) => Ok(LinkRequest {
                number,
                email,
                client: client.map(|address| client_of(address).to_string()),
                language,
            }),
            (number, email) => Err(number.err().into_iter().chain(email.err()).map(UserError::from).collect()),
        }
    }
}

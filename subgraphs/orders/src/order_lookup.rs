//! A guest finds an order again, by its number and e-mail address, through a link that is mailed to that address.
//!
//! The answer tells nothing about whether there is such an order, and neither does its duration: where none matches, the same
//! rows are written and the same message is sent, without a recipient.

use chrono::TimeDelta;
use contracts::stream;
use kit::identity::token::Verifier;
use kit::{Owner, Result, Viewer};
use vocab::{OrderId, UserErrorCode};

use crate::messages;
use crate::order_link::{LinkRequest, TooManyLinks};
use crate::shopper_error::ShopperError;
use crate::shopping::IssuedSecret;
use crate::store::{Link, Store};

/// The audience of the statement that users makes about a link.
const AUDIENCE: &str = "mercato-order-link";

/// An order that was found again. `token` is the new secret of a guest who had none.
pub(crate) struct FoundOrder {
    pub order_id: OrderId,
    pub token: Option<String>,
}

impl Store {
    /// Has a link mailed to the address, if a guest has placed the order of this number with it.
    pub(crate) async fn request_order_link(&self, asked: &LinkRequest) -> Result<Result<(), TooManyLinks>> {
        let txn = self.db.begin().await?;
        // Locks are taken in one order, first by address, then by client, so that there is no deadlock.
        let turns =
            [Some(format!("asks:{}", asked.email.as_str())), asked.client.as_ref().map(|at| format!("asks from:{at}"))];
        for turn in turns.into_iter().flatten() {
            Self::take_turn(&txn, &Owner::stored(turn)).await?;
        }
        if let Some(refused) = self.too_many_links(&txn, asked).await? {
            txn.rollback().await?;
            return Ok(Err(refused));
        }
        let order = Self::order_for_link(&txn, asked).await?;
        let to = order.is_some().then_some(&asked.email);
        let IssuedSecret { secret: id, .. } = IssuedSecret::new();
        let expires_at = self.clock.now() + TimeDelta::minutes(i64::from(self.settings.link_minutes));
        let link = messages::order_link(to, &id, asked.language.as_deref(), expires_at)?;
        self.keep_link(&txn, asked, &Link { id: &id, order, expires_at }).await?;
        txn.send(stream::USERS_COMMANDS, &link).await?;
        txn.commit().await?;
        Ok(Ok(()))
    }

    /// Uses up a link: the order now belongs to the viewer who followed it, and no longer to its former owner. `token` is users'
    /// statement about the link.
    pub(crate) async fn open_order_link(
        &self,
        viewer: &Viewer,
        verifier: &Verifier,
        token: &str,
    ) -> Result<Result<FoundOrder, ShopperError>> {
        let Some(link) = verifier.stated(token, AUDIENCE).await? else { return Ok(Err(expired())) };
        let txn = self.db.begin().await?;
        let Some(order_id) = self.take_link(&txn, &link).await? else {
            txn.rollback().await?;
            return Ok(Err(expired()));
        };
        let ids = [order_id.as_str()].into();
        let in_hand = Self::orders_for_update(&txn, &ids).await?.pop();
        // The buyer may have signed in meanwhile: then the order is in their account, and is not handed out.
        if in_hand.is_none_or(|order| order.owner.user_id().is_some()) {
            txn.commit().await?;
            return Ok(Err(expired()));
        }
        let (owner, token) = match self.owner_of_new(&txn, viewer).await? {
            Some(owner) => (owner, None),
            None => {
                let IssuedSecret { secret, owner } = IssuedSecret::new();
                (owner, Some(secret))
            }
        };
        Self::export(&txn, ids, &owner).await?;
        txn.commit().await?;
        Ok(Ok(FoundOrder { order_id, token }))
    }
}

fn expired() -> ShopperError {
    let message = "This link was used already or has expired. Ask for another.";
    ShopperError::coded(UserErrorCode::LinkExpired, message, &["token"])
}

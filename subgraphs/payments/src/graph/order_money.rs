use async_graphql::{ID, Object, SimpleObject};
use vocab::Money;

use crate::audit;

/// The money of one order, in our books and in the gateway's.
pub struct OrderMoney(pub audit::OrderMoney);

/// The money of one order, in our books and in the gateway's.
#[Object]
impl OrderMoney {
    /// The order.
    async fn order_id(&self) -> ID {
        ID(self.0.balance.order_id.to_string())
    }

    /// What was taken from the shopper.
    async fn captured(&self) -> Money {
        self.0.balance.captured
    }

    /// What the gateway gave back.
    async fn refunded(&self) -> Money {
        self.0.balance.refunded
    }

    /// What staff gave back in another way, because the gateway did not.
    async fn settled(&self) -> Money {
        self.0.balance.settled
    }

    /// What the order comes to. Zero before it is confirmed and once it is cancelled.
    async fn owed(&self) -> Money {
        self.0.balance.owed
    }

    /// Whether what was captured and not given back is what is owed.
    async fn adds_up(&self) -> bool {
        self.0.balance.adds_up()
    }

    /// Whether the order's money has moved so recently, or is moving, that it need not add up yet.
    async fn is_open(&self) -> bool {
        self.0.balance.moving
    }

    /// What the gateway's own books say. Null when it does not open them, and when it knows nothing of the order.
    async fn gateway(&self) -> Option<GatewayMoney> {
        let booked = self.0.booked.as_ref()?;
        Some(GatewayMoney { captured: booked.captured, refunded: booked.refunded, charges: booked.charges })
    }
}

/// The money of one order in the gateway's own books.
#[derive(SimpleObject)]
pub struct GatewayMoney {
    /// What the gateway took from the shopper.
    captured: Money,
    /// What the gateway gave back.
    refunded: Money,
    /// How many charges it captured: one at most.
    charges: i64,
}

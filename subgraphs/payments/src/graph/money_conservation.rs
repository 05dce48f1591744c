use async_graphql::{Context, ID, Object, SimpleObject};
use kit::graphql::page::Page;
use vocab::{CurrencyCode, Money, OrderId};

use super::money_violation::MoneyViolation;
use super::order_money::OrderMoney;
use crate::Audit;
use crate::order_balance::Totals;
use crate::store::Sums;

/// All the money of all orders, added up from the ledger.
pub struct MoneyConservation(pub Sums);

/// All the money of all orders, added up from the ledger.
#[Object]
impl MoneyConservation {
    /// The sums over all orders, one for each currency in which money has moved.
    async fn totals(&self) -> Vec<MoneyTotals> {
        self.0.totals.iter().copied().map(MoneyTotals::of).collect()
    }

    /// How many orders were looked at: in an audit every one that ever asked for money, and else those whose money moved
    /// since the ledger was last added up, or did not add up before.
    async fn orders_checked(&self) -> i64 {
        self.0.checked
    }

    /// How many orders are on their way: their money or their confirmation is being asked for, so that they need not
    /// add up yet.
    async fn orders_open(&self) -> i64 {
        self.0.open
    }

    /// By how much the ledger's older entries come to something else than when they were added up, one for each currency.
    /// Empty when nobody has changed them, and outside an audit, which alone reads them.
    async fn changed(&self) -> Vec<MoneyTotals> {
        self.0.changed.iter().copied().map(MoneyTotals::of).collect()
    }

    /// What does not add up. Empty when no money was lost and none came from nowhere. Reads the gateway's books too, as
    /// far as it opens them: in an audit all of them, and else of the orders that were looked at and of those that moved
    /// there.
    async fn violations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many to show, 1 to 100.", default = 20)] first: i32,
    ) -> kit::Result<Vec<MoneyViolation>> {
        let first = Page::<String>::try_new(first, None)?.first as usize;
        let mut violations: Vec<_> = self.0.violations.iter().take(first).cloned().collect();
        let left = first - violations.len();
        if left > 0 {
            violations
                .extend(ctx.data_unchecked::<Audit>().against_gateway(self.0.scope, left).await?.unwrap_or_default());
        }
        Ok(violations.into_iter().map(MoneyViolation::of).collect())
    }

    /// The money of one order. Null when it never asked for any.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order's id.")] id: ID,
    ) -> kit::Result<Option<OrderMoney>> {
        let Ok(order_id) = OrderId::try_from(&id) else { return Ok(None) };
        Ok(ctx.data_unchecked::<Audit>().order(&order_id).await?.map(OrderMoney))
    }
}

/// The sums over all orders in one currency.
#[derive(SimpleObject)]
pub struct MoneyTotals {
    /// The currency.
    currency: CurrencyCode,
    /// What was taken from shoppers.
    captured: Money,
    /// What the gateway gave back to them.
    refunded: Money,
    /// What staff gave back to them in other ways.
    settled: Money,
    /// What the orders that stand come to.
    owed: Money,
}

impl MoneyTotals {
    fn of(totals: Totals) -> Self {
        let Totals { captured, refunded, settled, owed } = totals;
        Self { currency: captured.currency, captured, refunded, settled, owed }
    }
}

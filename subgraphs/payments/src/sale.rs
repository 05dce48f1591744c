//! What an order owes: its total from its confirmation on, and nothing once it is cancelled.

use crate::ledger::{Account, Posting};

/// The order stands, and its total is owed.
pub const CONFIRMED: Posting = Posting::new("confirmed", Account::Sales, Account::Owed);

/// An order that was owed does not stand any more.
pub const CANCELLED: Posting = Posting::new("cancelled", Account::Owed, Account::Sales);

#[cfg(test)]
mod tests {
    use vocab::{CurrencyCode, Money};

    use super::*;

    #[test]
    fn a_cancelled_sale_owes_nothing_and_each_event_sums_to_zero() {
        let total = Money::new(4995, CurrencyCode::USD);
        let owed = |postings: &[Posting]| -> i64 {
            let entries = postings.iter().flat_map(|posting| posting.entries(total));
            entries.filter(|(account, _)| *account == Account::Owed).map(|(_, minor)| minor).sum()
        };
        assert_eq!((owed(&[CONFIRMED]), owed(&[CONFIRMED, CANCELLED])), (4995, 0));
        for posting in [CONFIRMED, CANCELLED] {
            assert_eq!(posting.entries(total).iter().map(|(_, minor)| minor).sum::<i64>(), 0);
        }
    }
}

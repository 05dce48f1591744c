//! `MSB`, fifteen digits, and a check digit as UPS computes it for its `1Z` numbers.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// The number of the parcel that is booked by this call: a key that was forgotten and comes again is another one's.
pub fn of_call(key: &str, at: DateTime<Utc>) -> String {
    let digest = Sha256::digest(format!("{key} {}", at.timestamp_micros()));
    let digits: String = digest.iter().take(15).map(|byte| char::from(b'0' + byte % 10)).collect();
    let check = check_digit(&digits);
    format!("MSB{digits}{check}")
}

/// Every second digit counts twice; the check digit fills the sum up to the next ten.
fn check_digit(digits: &str) -> u32 {
    let sum: u32 = digits
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { digit } else { digit * 2 })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_ups() {
        // 1Z 999 AA1 01 2345 6784, with its letters as the digits that UPS puts for them.
        assert_eq!(check_digit("999221012345678"), 4);
    }

    #[test]
    fn one_call_has_one_number() {
        let (now, later) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(24));
        assert_eq!(of_call("ord_1:book", now), of_call("ord_1:book", now));
        assert_ne!(of_call("ord_1:book", now), of_call("ord_2:book", now));
        assert_ne!(of_call("ord_1:book", now), of_call("ord_1:book", later));
        assert_eq!(of_call("ord_1:book", now).len(), 19);
    }
}

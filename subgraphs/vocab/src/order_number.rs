//! What people call an order by.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::text::ascii_digits;

/// The number of an order, as people read it out: `M-7K3Q9XWB`. Eight of the 32 letters and digits that are not mistaken
/// for each other, as Crockford's base 32 has them: no `I`, `L`, `O` and `U`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderNumber(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("An order's number looks like M-7K3Q9XWB: it is in the mail about the order.")]
pub struct NoOrderNumber;

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;
/// The longest that is looked at, in bytes.
const LONGEST: usize = 100;

impl OrderNumber {
    /// The number that stands for the lowest 40 bits.
    pub fn of_bits(bits: u64) -> Self {
        let letter = |place: usize| char::from(LETTERS[(bits >> (5 * place)) as usize % LETTERS.len()]);
        Self(format!("M-{}", (0..LENGTH).map(letter).collect::<String>()))
    }

    /// The number however it is typed: in letters of either case and of every width, in digits of any script, with spaces,
    /// any dash or none, without its `M`, and with what looks like one of its letters in that letter's place.
    pub fn parse(typed: &str) -> Result<Self, NoOrderNumber> {
        if typed.len() > LONGEST {
            return Err(NoOrderNumber);
        }
        let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(typed);
        let plain = ascii_digits(&plain).to_uppercase();
        let mut parts = plain.split(|sign: char| !sign.is_alphanumeric()).filter(|part| !part.is_empty());
        let mut letters = String::new();
        // An `M` that stands by itself is no part of the eight.
        let first = parts.next().map(letters_of).transpose()?.unwrap_or_default();
        let by_itself = first == "M";
        if !by_itself {
            letters.push_str(&first);
        }
        for part in parts {
            letters.push_str(&letters_of(part)?);
        }
        let joined = letters.strip_prefix('M').filter(|rest| !by_itself && rest.len() == LENGTH);
        let eight = joined.unwrap_or(&letters);
        if eight.len() == LENGTH { Ok(Self(format!("M-{eight}"))) } else { Err(NoOrderNumber) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The letters of a number that are meant by others.
fn letters_of(typed: &str) -> Result<String, NoOrderNumber> {
    typed.chars().map(|letter| one_of_ours(letter).ok_or(NoOrderNumber)).collect()
}

fn one_of_ours(letter: char) -> Option<char> {
    let meant = match letter {
        'O' | 'О' | 'Ο' => '0',
        'I' | 'L' | 'І' | 'Ι' => '1',
        'U' => 'V',
        // Cyrillic and Greek letters that look like ours: keyboards change their script by themselves.
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'С' => 'C',
        'Е' | 'Ε' => 'E',
        'Н' | 'Η' => 'H',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Ν' => 'N',
        'Р' | 'Ρ' => 'P',
        'Т' | 'Τ' => 'T',
        'Х' | 'Χ' => 'X',
        'У' | 'Υ' => 'Y',
        'Ζ' => 'Z',
        other => other,
    };
    (meant.is_ascii() && LETTERS.contains(&(meant as u8))).then_some(meant)
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<OrderNumber> for String {
    fn from(number: OrderNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Option<String> {
        OrderNumber::parse(typed).ok().map(String::from)
    }

    #[test]
    fn a_number_is_read_however_it_is_typed() {
        for typed in [
            "M-7K3Q9X0B",
            " m-7k3q9xob ",
            "M7K3Q9X0B",
            "m 7k3q 9x0b",
            "M–7K3Q9X0B",
            "M — 7K3Q9X0B",
            "M\u{2011}7K3Q9X0B",
            "M\u{2212}7K3Q9X0B",
            "M\u{a0}7K3Q\u{202f}9X0B",
            "#M-7K3Q9X0B",
            "M-7K3Q9X0B.",
            "7K3Q9X0B",
            "7k3q-9x0b",
            "Ｍ－７Ｋ３Ｑ９Ｘ０Ｂ",
            "M-٧K٣Q٩X٠B",
            "М-7К3Q9Х0В",
            "M_7K3Q9XOB",
        ] {
            assert_eq!(read(typed).as_deref(), Some("M-7K3Q9X0B"), "{typed}");
        }
        for (typed, number) in
            [("M-IL10OU0V", "M-1110 0V0V"), ("m-m7k3q9x0", "M-M7K3Q9X0"), ("MM7K3Q9X0", "M-M7K3Q9X0")]
        {
            assert_eq!(read(typed), Some(number.replace(' ', "")), "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        let long = "M-7K3Q9X0B".to_owned() + &" ".repeat(200);
        for typed in
            ["", "M", "M-", "M-7K3Q9X0", "M-7K3Q9X0B1", "M-7K3Q9X0é", "N-7K3Q9X0B", "ord_1", "M-7K3Q9X0Я", "---", &long]
        {
            assert_eq!(read(typed), None, "{typed}");
        }
    }

    #[test]
    fn every_number_that_is_drawn_is_read_as_itself() {
        for bits in (0..64).map(|place| 0x9e37_79b9_7f4a_7c15_u64.rotate_left(place)) {
            let number = OrderNumber::of_bits(bits);
            assert_eq!(OrderNumber::parse(number.as_str()), Ok(number.clone()));
            assert_eq!(OrderNumber::parse(&number.as_str().to_lowercase()), Ok(number));
        }
    }
}

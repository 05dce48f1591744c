//! Where a parcel goes.

mod country;

use async_graphql::{InputObject, SimpleObject};
use serde::{Deserialize, Serialize};

use crate::InvalidInput;

/// A postal address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
#[graphql(shareable)]
pub struct Address {
    /// Who receives the parcel.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// Flat, floor or company; null when there is none.
    pub line2: Option<String>,
    /// City or town.
    pub city: String,
    /// State, province or region, where the country uses one; null elsewhere.
    pub region: Option<String>,
    /// Postal code, where the country uses one; null elsewhere.
    pub postal_code: Option<String>,
    /// The country, as ISO 3166-1 alpha-2 names it: `US`.
    pub country: String,
}

/// Never the address itself: it must not reach a log.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}

/// A postal address to send to.
#[derive(Clone, InputObject)]
pub struct AddressInput {
    /// Who receives the parcel.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// Flat, floor or company.
    pub line2: Option<String>,
    /// City or town.
    pub city: String,
    /// State, province or region, where the country uses one.
    pub region: Option<String>,
    /// Postal code, where the country uses one.
    pub postal_code: Option<String>,
    /// The country, as ISO 3166-1 alpha-2 names it: `US`.
    pub country: String,
}

const LONGEST: usize = 200;

impl Address {
    /// The address as its country writes it: or everything in it that no carrier there could use. `path` leads to the
    /// input that it came from.
    pub fn as_its_country_has_it(mut self, path: &[&str]) -> Result<Self, Vec<InvalidInput>> {
        let flaws = country::settle(&mut self);
        if flaws.is_empty() {
            return Ok(self);
        }
        let refused = flaws.into_iter().map(|flaw| {
            let steps: Vec<&str> = path.iter().copied().chain([flaw.field]).collect();
            InvalidInput::new(flaw.message, &steps)
        });
        Err(refused.collect())
    }
}

impl AddressInput {
    /// The address, or the first field that no parcel could be sent to. `path` leads to the input.
    pub fn try_into_address(self, path: &[&str]) -> Result<Address, InvalidInput> {
        let refuse = |field: &str, message: String| {
            let mut steps = path.to_vec();
            steps.push(field);
            InvalidInput::new(message, &steps)
        };
        let needed = |field: &str, text: String| match text.trim() {
            "" => Err(refuse(field, format!("`{field}` is missing from the address"))),
            long if long.chars().count() > LONGEST => Err(refuse(field, format!("`{field}` is longer than {LONGEST}"))),
            fits => Ok(fits.to_owned()),
        };
        let optional = |field: &str, text: Option<String>| match text.filter(|text| !text.trim().is_empty()) {
            Some(text) => needed(field, text).map(Some),
            None => Ok(None),
        };
        let country = self.country.trim().to_owned();
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(refuse("country", "`country` is two capital letters of ISO 3166-1, such as US".to_owned()));
        }
        Ok(Address {
            name: needed("name", self.name)?,
            line1: needed("line1", self.line1)?,
            line2: optional("line2", self.line2)?,
            city: needed("city", self.city)?,
            region: optional("region", self.region)?,
            postal_code: optional("postalCode", self.postal_code)?,
            country,
        })
    }
}

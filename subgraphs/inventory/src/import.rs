//! Locations and stock as a catalogue file states them.
//!
//! A file states how many units a location has received of a variant in all. What was sold or reserved since stays sold
//! and reserved, so the same file twice changes nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use vocab::text::{Line, tidy_line};
use vocab::{Address, AddressInput, InvalidInput};

use crate::location::{Location, LocationId};

/// A location, as a file states it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocationLine {
    pub id: String,
    pub name: String,
    pub address: AddressLine,
    pub latitude: f64,
    pub longitude: f64,
}

/// Where a location is, as a file states it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddressLine {
    pub line1: String,
    #[serde(default)]
    pub line2: Option<String>,
    pub city: String,
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub postal_code: Option<String>,
    pub country: String,
}

/// The stock of one variant. Ids are those of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLine {
    pub product: String,
    pub variant: String,
    /// Units received in all, by location.
    pub units: BTreeMap<String, i64>,
}

/// What became of some lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many said something new.
    pub changed: usize,
    /// How many said what was known.
    pub unchanged: usize,
    /// Those that did not land, by their index among the lines, each with the reason.
    pub rejected: Vec<(usize, String)>,
}

impl LocationLine {
    /// Takes out of the texts what no reader can see. Whether anything but spaces had to change.
    pub fn tidy(&mut self) -> bool {
        let AddressLine { line1, line2, city, region, postal_code, country: _ } = &mut self.address;
        let optional = [line2, region, postal_code].into_iter().flatten();
        let texts = [&mut self.name, line1, city].into_iter().chain(optional);
        texts.fold(false, |changed, text| tidy_line(text) | changed)
    }

    /// Where it is, as its country writes addresses. A parcel to it would bear its name.
    fn address(&self) -> Result<Address, Vec<InvalidInput>> {
        let AddressLine { line1, line2, city, region, postal_code, country } = self.address.clone();
        AddressInput { name: self.name.clone(), line1, line2, city, region, postal_code, country }.try_into_address(&[])
    }

    pub(crate) fn check(&self) -> Result<Location, String> {
        let key = (1..=64).contains(&self.id.len())
            && self.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !key {
            let shown: String = self.id.chars().take(80).collect();
            return Err(format!("`{shown}` is no location id: write 1 to 64 of a-z, 0-9 and -"));
        }
        if let Err(flaw) = Line::parse(&self.name, 200) {
            return Err(format!("the name of the location `{}` {flaw}", self.id));
        }
        let address = self.address().map_err(|flaws| {
            let told: Vec<String> = flaws.into_iter().map(|flaw| flaw.message).collect();
            format!("the location `{}`: {}", self.id, told.join(" "))
        })?;
        if !(-90.0..=90.0).contains(&self.latitude) || !(-180.0..=180.0).contains(&self.longitude) {
            return Err(format!("the location `{}` is not on this earth", self.id));
        }
        Ok(Location {
            id: LocationId::of_key(&self.id),
            name: address.name,
            line1: address.line1,
            line2: address.line2,
            city: address.city,
            region: address.region,
            postal_code: address.postal_code,
            country: address.country,
            latitude: self.latitude,
            longitude: self.longitude,
        })
    }
}

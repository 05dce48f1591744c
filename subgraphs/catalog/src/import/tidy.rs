//! Texts of a file, made fit to be shown. A file comes from other systems, whose texts nobody here can be asked about.

use std::collections::BTreeMap;

use vocab::text::{ascii_digits, tidy_line, tidy_paragraphs};

use super::{CategoryLine, ProductLine, VariantLine};
use crate::product::AttributeValue;

impl CategoryLine {
    /// Composes the name as NFC has it, and takes out what no reader can see. Whether anything but spaces had to change.
    pub fn tidy(&mut self) -> bool {
        tidy_line(&mut self.name)
    }
}

impl ProductLine {
    /// Composes texts as NFC has them, and takes out what no reader can see. Whether anything but spaces and the kind of
    /// line breaks had to change.
    pub fn tidy(&mut self) -> bool {
        let mut changed = tidy_line(&mut self.title);
        changed |= tidy_line(&mut self.brand);
        changed |= tidy_paragraphs(&mut self.description);
        for attribute in &mut self.attributes {
            changed |= tidy_line(&mut attribute.name);
            if let AttributeValue::Text(text) = &mut attribute.value {
                changed |= tidy_paragraphs(text);
            }
        }
        for media in &mut self.media {
            changed |= media.alt.as_mut().is_some_and(tidy_line);
        }
        for option in &mut self.options {
            changed |= tidy_line(&mut option.name);
            for value in &mut option.values {
                changed |= tidy_line(value);
            }
        }
        for variant in &mut self.variants {
            changed |= variant.tidy();
        }
        changed
    }
}

impl VariantLine {
    fn tidy(&mut self) -> bool {
        let mut changed = tidy_line(&mut self.sku);
        changed |= tidy_line(&mut self.title);
        if let Some(gtin) = &mut self.gtin {
            changed |= tidy_line(gtin);
            *gtin = ascii_digits(gtin).into_owned();
        }
        let options = std::mem::take(&mut self.options);
        let tidied = options.into_iter().map(|(mut name, mut value)| {
            changed |= tidy_line(&mut name);
            changed |= tidy_line(&mut value);
            (name, value)
        });
        self.options = tidied.collect::<BTreeMap<String, String>>();
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(json: &str) -> ProductLine {
        serde_json::from_str(json).expect("a line")
    }

    #[test]
    fn a_line_is_tidied_in_all_its_texts_and_told_of() {
        let messy = r#"{"id":"a","slug":"a","title":"Cafe\u0301 \u0000mug","brand":"\u200bAcme","description":" One.\r\nTwo.\u0084 ","category":"c",
            "attributes":[{"name":"Size\u0000","value":"5\u0097"},{"name":"N","value":3}],"media":[{"url":"https://e.x/a","alt":"\u202eA"}],
            "options":[{"name":"Colour\u200b","values":["Red\u0000"]}],
            "variants":[{"id":"v","sku":"S\u0000","gtin":"\u0664\u0660\u0660","title":"T\u200b","options":{"Colour\u200b":"Red\u0000"},"price":{"minor":1,"currency":"USD"}}]}"#;
        let mut messy = line(messy);
        assert!(messy.check().is_err(), "nothing that cannot be shown lands untidied");
        assert!(messy.tidy());
        assert_eq!(messy.check(), Ok(()));
        assert_eq!((messy.title.as_str(), messy.brand.as_str()), ("Café mug", "Acme"));
        assert_eq!(messy.description, "One.\nTwo.");
        assert_eq!(messy.attributes[0].name, "Size");
        assert_eq!(messy.attributes[0].value, AttributeValue::Text("5".to_owned()));
        assert_eq!(messy.options[0].values, ["Red"]);
        let variant = &messy.variants[0];
        assert_eq!((variant.sku.as_str(), variant.gtin.as_deref()), ("S", Some("400")));
        assert_eq!(variant.options["Colour"], "Red");
        assert!(!messy.tidy(), "once is enough");
    }

    #[test]
    fn spaces_and_line_breaks_are_not_worth_a_word() {
        let mut plain = line(
            r#"{"id":"a","slug":"a","title":" Mug ","description":"One.\r\nTwo.","category":"c","variants":[{"id":"v","sku":"S","title":"T","price":{"minor":1,"currency":"USD"}}]}"#,
        );
        assert!(!plain.tidy());
        assert_eq!((plain.title.as_str(), plain.description.as_str()), ("Mug", "One.\nTwo."));
    }
}

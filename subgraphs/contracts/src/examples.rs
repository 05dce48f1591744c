//! Every kind has an example in `docs/messages`, which is what its type reads and writes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kit::identity::audit::{AuditEvent, RECORDED};
use kit::identity::privacy::{Erase, EraseRefused, Erased, Export, Exported};
use kit::messaging::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::catalog::{CatalogCommand, CatalogEvent};
use crate::mail::MailCommand;
use crate::orders::OrderEvent;
use crate::payments::{PaymentCommand, PaymentReply};
use crate::shipping::{ShippingCommand, ShippingEvent, ShippingReply};
use crate::stock::{RefusalReason, StockCommand, StockEvent, StockReply};
use crate::{Family, encode};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/messages")
}

fn example(kind: &str) -> Value {
    let path = folder().join(format!("{kind}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// Reads the examples of a family and writes them again.
fn of_family<F: Family>(kinds: &mut BTreeSet<String>) {
    for kind in F::KINDS {
        let body = example(kind);
        let message = Message::new(kind, "a", &body).expect("a message");
        let decoded = F::decode(&message).unwrap_or_else(|_| panic!("the example of {kind} does not fit"));
        let decoded = decoded.unwrap_or_else(|| panic!("{kind} is none of its family"));
        let again = encode("a", &decoded).expect("a message");
        assert_eq!((again.kind.as_str(), &again.body), (*kind, &body), "what is written is not what is read");
        kinds.insert((*kind).to_owned());
    }
}

fn of_body<T: Serialize + DeserializeOwned>(kind: &str, kinds: &mut BTreeSet<String>) {
    let body = example(kind);
    let read: T = serde_json::from_value(body.clone()).unwrap_or_else(|cause| panic!("{kind}: {cause}"));
    assert_eq!(serde_json::to_value(read).expect("plain data"), body, "{kind}");
    kinds.insert(kind.to_owned());
}

#[test]
fn every_kind_has_an_example_that_its_type_reads_and_writes() {
    let mut kinds = BTreeSet::new();
    of_family::<StockCommand>(&mut kinds);
    of_family::<StockReply>(&mut kinds);
    of_family::<StockEvent>(&mut kinds);
    of_family::<PaymentCommand>(&mut kinds);
    of_family::<PaymentReply>(&mut kinds);
    of_family::<ShippingCommand>(&mut kinds);
    of_family::<ShippingReply>(&mut kinds);
    of_family::<ShippingEvent>(&mut kinds);
    of_family::<OrderEvent>(&mut kinds);
    of_family::<CatalogEvent>(&mut kinds);
    of_family::<CatalogCommand>(&mut kinds);
    of_family::<MailCommand>(&mut kinds);
    of_body::<Export>(kit::identity::privacy::EXPORT, &mut kinds);
    of_body::<Exported>(kit::identity::privacy::EXPORTED, &mut kinds);
    of_body::<Erase>(kit::identity::privacy::ERASE, &mut kinds);
    of_body::<Erased>(kit::identity::privacy::ERASED, &mut kinds);
    of_body::<EraseRefused>(kit::identity::privacy::ERASE_REFUSED, &mut kinds);
    of_body::<AuditEvent>(RECORDED, &mut kinds);
    let files = std::fs::read_dir(folder()).expect("docs/messages").map(|entry| {
        let path = entry.expect("an entry of a folder").path();
        path.file_stem().expect("a file").to_string_lossy().into_owned()
    });
    assert_eq!(files.collect::<BTreeSet<_>>(), kinds, "an example of no kind, or a kind without one");
    assert!(kinds.len() >= 41, "there are {} kinds", kinds.len());
}

#[test]
fn a_body_that_does_not_fit_is_not_quoted() {
    let secret = serde_json::json!({"orderId": "ord_1", "owner": "user:1", "amount": 4_242_424_242_424_242_u64});
    let message = Message::new("payment.authorize.v1", "ord_1", &secret).expect("a message");
    let failure = PaymentCommand::decode(&message).expect_err("it has no token");
    let told = format!("{:#}", failure.into_anyhow());
    assert_eq!(told, "the body of a `payment.authorize.v1` does not fit");
}

#[test]
fn what_a_newer_release_says_more_is_passed_over() {
    let body = serde_json::json!({"orderId": "ord_1", "shortages": [], "reason": "moon_phase", "since": "2026-01-05"});
    let message = Message::new(StockReply::REFUSED, "ord_1", &body).expect("a message");
    let decoded = StockReply::decode(&message).expect("it fits");
    let Some(StockReply::Refused(refused)) = decoded else { panic!("another variant") };
    assert_eq!(refused.reason, Some(RefusalReason::Unknown));
    let unheard = Message::new(StockReply::REFUSED, "ord_1", &serde_json::json!({})).expect("a message");
    assert_eq!(StockReply::decode_only(&unheard, &[StockReply::RESERVED]).expect("passed over"), None);
}

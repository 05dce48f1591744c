//! A guest's secret in a cookie, as an alternative to the header that an app sends.
//!
//! A page that sends `x-mercato-csrf` may leave the secret to the edge, out of reach of scripts; a server that renders for it
//! gets it from the cookie. The edge issues no secret: it reads the one in an operation's answer. If the page did not select
//! that field, the edge adds the selection to the document and removes it from the answer.

use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use bytes::Bytes;
use indexmap::IndexMap;
use kit::graphql::guard::Kind;
use kit::graphql::http::{Answer, Operation};
use kit::{Refusal, Result};
use serde_json::value::RawValue;

use crate::csrf;
use crate::origins::Origins;
use crate::session::{GUEST, clearing, setting_text, value};

/// The aliases of the selections that the edge adds.
const SECRET: &str = "_mercatoGuestSecret";
const CLAIMED: &str = "_mercatoGuestClaimed";

/// Where in answers the secrets of guests are found.
pub struct Guests {
    header: HeaderName,
    secrets: Vec<FieldPath>,
    claims: Vec<FieldPath>,
    seconds: u64,
}

/// A field below a root field.
struct FieldPath {
    root: String,
    field: String,
}

impl FieldPath {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let parts = text.split_once('.').filter(|(root, field)| !root.is_empty() && !field.is_empty());
        let (root, field) =
            parts.ok_or_else(|| anyhow::anyhow!("\"{text}\" is not of the form \"rootField.field\""))?;
        Ok(Self { root: root.to_owned(), field: field.to_owned() })
    }
}

/// How one request deals with a guest's secret.
pub struct Guest {
    /// The header for the subgraphs.
    pub secret: Option<HeaderValue>,
    /// The document with the selections that the edge added, if any.
    pub query: Option<String>,
    /// The cookie with a new lifetime.
    renewed: Option<HeaderValue>,
    /// The root fields to which the edge added selections.
    extended_roots: Vec<String>,
    seconds: u64,
}

impl Guests {
    pub fn new(header: HeaderName, secrets: &[String], claims: &[String], days: u32) -> anyhow::Result<Self> {
        let places = |texts: &[String]| texts.iter().map(|text| FieldPath::parse(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self { header, secrets: places(secrets)?, claims: places(claims)?, seconds: u64::from(days) * 86_400 })
    }

    /// The header counts first. The cookie counts as a session's does, for a page that proves to be the shop's. For any other
    /// it is as if it were not there where something is read, since nobody is signed in by it and a page may not know of
    /// it. What is to be changed would be changed for another guest than whose browser it is, so that is refused.
    pub fn of(&self, operation: &Operation, request: &Parts, origins: &Origins) -> Result<Guest, Refusal> {
        let headers = &request.headers;
        let given = headers.get(&self.header).filter(|value| !value.is_empty()).cloned();
        let mutates = operation.admitted.operation(operation.operation_name.as_deref())? == Kind::Mutation;
        let proof = csrf::admit(headers, origins);
        let proven = proof.is_ok();
        let held = value(headers, GUEST).filter(|_| given.is_none());
        if held.is_some() && mutates {
            proof?;
        }
        let held = held.filter(|_| proven);
        let held = held.and_then(|text| Some((text, HeaderValue::from_str(text).ok()?)));
        let mut guest =
            Guest { secret: given, query: None, renewed: None, extended_roots: Vec::new(), seconds: self.seconds };
        let by_cookie = held.is_some();
        if let Some((text, secret)) = held {
            guest.renewed = setting_text(GUEST, text, self.seconds).filter(|_| mutates);
            guest.secret = Some(secret);
        }
        if proven && mutates {
            self.add_selections(operation, by_cookie, &mut guest)?;
        }
        Ok(guest)
    }

    /// Adds the edge's selections to the document.
    fn add_selections(&self, operation: &Operation, by_cookie: bool, guest: &mut Guest) -> Result<(), Refusal> {
        let mut additions = Vec::new();
        for root in operation.admitted.roots(operation.operation_name.as_deref())? {
            let Some(at) = root.selections_at else { continue };
            let secret = self.secrets.iter().find(|place| place.root == root.name);
            let claim = self.claims.iter().find(|place| by_cookie && place.root == root.name);
            let addition = match (secret, claim) {
                (Some(place), _) => format!(" {SECRET}: {} ", place.field),
                (None, Some(place)) => format!(" {CLAIMED}: {} {{ __typename }} ", place.field),
                (None, None) => continue,
            };
            additions.push((at, addition));
            guest.extended_roots.push(root.key.to_owned());
        }
        if additions.is_empty() {
            return Ok(());
        }
        additions.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut query = operation.query.to_string();
        for (at, addition) in additions {
            query.insert_str(at, &addition);
        }
        guest.query = Some(query);
        Ok(())
    }
}

type Object = IndexMap<String, Box<RawValue>>;

/// The values of the edge's selections.
#[derive(Default)]
struct SelectionResult {
    secret: Option<String>,
    claimed: bool,
}

impl Guest {
    /// Removes the edge's selections from an answer, and sets or clears the cookie accordingly. A sign-out clears it.
    pub fn settle(self, answer: &mut Answer, signed_out: bool) {
        let found =
            if self.extended_roots.is_empty() { SelectionResult::default() } else { self.remove_selections(answer) };
        let cookie = match found {
            _ if signed_out => Some(clearing(GUEST)),
            SelectionResult { secret: Some(secret), .. } => setting_text(GUEST, &secret, self.seconds),
            SelectionResult { claimed: true, .. } => Some(clearing(GUEST)),
            SelectionResult { .. } => self.renewed,
        };
        if let Some(cookie) = cookie {
            answer.headers.append(SET_COOKIE, cookie);
        }
    }

    fn remove_selections(&self, answer: &mut Answer) -> SelectionResult {
        let mut found = SelectionResult::default();
        let settled = (|| {
            let mut response: Object = serde_json::from_slice(&answer.body).ok()?;
            let mut data: Object = serde_json::from_str(response.get("data")?.get()).ok()?;
            for key in &self.extended_roots {
                let Some(payload) = data.get_mut(key) else { continue };
                let Ok(mut fields) = serde_json::from_str::<Object>(payload.get()) else { continue };
                if let Some(secret) = fields.shift_remove(SECRET) {
                    found.secret = serde_json::from_str(secret.get()).ok().or(found.secret.take());
                }
                if let Some(claimed) = fields.shift_remove(CLAIMED) {
                    found.claimed |= claimed.get() != "null";
                }
                *payload = serde_json::value::to_raw_value(&fields).ok()?;
            }
            response.insert("data".to_owned(), serde_json::value::to_raw_value(&data).ok()?);
            serde_json::to_vec(&response).ok()
        })();
        if let Some(body) = settled {
            answer.body = Bytes::from(body);
        }
        found
    }
}

/// The answer with something in its `extensions`.
pub fn with_extension(body: &Bytes, name: &str, said: &serde_json::Value) -> Option<Bytes> {
    let mut response: Object = serde_json::from_slice(body).ok()?;
    let mut extensions: Object =
        response.get("extensions").map_or(Ok(Object::new()), |there| serde_json::from_str(there.get())).ok()?;
    extensions.insert(name.to_owned(), serde_json::value::to_raw_value(said).ok()?);
    response.insert("extensions".to_owned(), serde_json::value::to_raw_value(&extensions).ok()?);
    serde_json::to_vec(&response).ok().map(Bytes::from)
}

//! A schema whose fields tell which arguments they got, with the data that `tests/graphql-js/answer.mjs` has too.

#![expect(clippy::too_many_arguments, reason = "an argument of every kind stands beside every other")]

use std::sync::Arc;

use async_graphql::{
    EmptySubscription, Enum, ID, InputObject, Interface, Json, MaybeUndefined, Object, Request, Schema, SimpleObject,
    Union,
};
use axum::Router;
use kit::graphql::guard::{Guard, Limits, hostile};
use kit::graphql::http::{SchemaExecutor, endpoint};
use kit::graphql::type_system::TypeSystem;
use kit::{Code, Failure, Refusal};
use serde_json::{Map, Value};

/// What an argument was: `None` when it was left out.
trait Told {
    fn told(&self) -> Option<Value>;
}

macro_rules! told_as_json {
    ($($ty:ty),*) => { $(impl Told for $ty { fn told(&self) -> Option<Value> { Some(serde_json::json!(self)) } })* };
}
told_as_json!(i32, bool, String, ID, Kind, Sort, Json<Value>);

impl Told for f64 {
    /// As JavaScript writes it.
    fn told(&self) -> Option<Value> {
        Some(if self.fract() == 0.0 { Value::from(*self as i64) } else { Value::from(*self) })
    }
}

impl<T: Told> Told for Vec<T> {
    fn told(&self) -> Option<Value> {
        Some(self.iter().map(|item| item.told().unwrap_or_default()).collect())
    }
}

impl<T: Told> Told for Option<T> {
    fn told(&self) -> Option<Value> {
        Some(self.as_ref().and_then(Told::told).unwrap_or_default())
    }
}

impl<T: Told> Told for MaybeUndefined<T> {
    fn told(&self) -> Option<Value> {
        match self {
            Self::Undefined => None,
            Self::Null => Some(Value::Null),
            Self::Value(value) => value.told(),
        }
    }
}

macro_rules! tell {
    ($($name:ident),*) => { object([$((stringify!($name), Told::told(&$name))),*]).to_string() };
}

macro_rules! told_by_field {
    ($ty:ty: $($name:ident),*) => {
        impl Told for $ty {
            fn told(&self) -> Option<Value> {
                Some(object([$((stringify!($name), Told::told(&self.$name))),*]))
            }
        }
    };
}

fn object<const N: usize>(mut fields: [(&str, Option<Value>); N]) -> Value {
    fields.sort_by_key(|(name, _)| *name);
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

#[derive(Clone, Copy, PartialEq, Eq, Enum, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Sort {
    Newest,
    Oldest,
    BestRated,
}

#[derive(Clone, Copy, PartialEq, Eq, Enum, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    Book,
    Film,
}

#[derive(InputObject)]
struct Filter {
    word: String,
    #[graphql(default = 1)]
    count: i32,
    #[graphql(default_with = "Some(Sort::Oldest)")]
    sort: Option<Sort>,
    flag: MaybeUndefined<bool>,
    scale: MaybeUndefined<f64>,
    ids: MaybeUndefined<Vec<ID>>,
    and: MaybeUndefined<Vec<Filter>>,
}
told_by_field!(Filter: word, count, sort, flag, scale, ids, and);

#[derive(InputObject)]
struct Change {
    id: ID,
    text: MaybeUndefined<String>,
    filter: MaybeUndefined<Filter>,
    #[graphql(default_with = "vec![\"x\".to_owned()]")]
    tags: Vec<String>,
    #[graphql(default = 2)]
    depth: Option<i32>,
    nested: MaybeUndefined<Vec<Change>>,
}
told_by_field!(Change: id, text, filter, tags, depth, nested);

struct Book(ID);
struct Film(ID);

#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID"),
    field(name = "label", ty = "String", arg(name = "upper", ty = "bool", default = false)),
    field(name = "next", ty = "Node")
)]
enum Node {
    Book(Book),
    Film(Film),
}

#[derive(Union)]
enum Thing {
    Book(Book),
    Film(Film),
}

fn node(id: &ID) -> Option<Node> {
    let number = id.parse::<u32>().ok().filter(|number| (1..=6).contains(number) && number.to_string() == **id)?;
    Some(if number % 2 == 1 { Node::Book(Book(id.clone())) } else { Node::Film(Film(id.clone())) })
}

fn next(id: &ID) -> Node {
    let number: u32 = id.parse().expect("ids of nodes are numbers");
    node(&ID::from(number % 6 + 1)).expect("there are six")
}

#[Object]
impl Book {
    async fn id(&self) -> ID {
        self.0.clone()
    }

    async fn label(&self, #[graphql(default = false)] upper: bool) -> String {
        format!("{}{}", *self.0, tell!(upper))
    }

    async fn next(&self) -> Node {
        next(&self.0)
    }

    async fn pages(&self, from: MaybeUndefined<i32>, #[graphql(default = 10)] to: i32) -> String {
        tell!(from, to)
    }

    async fn subtitle(&self) -> Option<String> {
        (*self.0 != "1").then(|| format!("of {}", *self.0))
    }
}

#[Object]
impl Film {
    async fn id(&self) -> ID {
        self.0.clone()
    }

    async fn label(&self, #[graphql(default = false)] upper: bool) -> String {
        format!("{}{}", *self.0, tell!(upper))
    }

    async fn next(&self) -> Node {
        next(&self.0)
    }

    async fn minutes(&self) -> i32 {
        self.0.parse::<i32>().expect("ids of nodes are numbers") * 10
    }

    async fn fails(&self) -> Result<Option<String>, Failure> {
        Err(Refusal::new(Code::Forbidden, "fails").into())
    }

    async fn breaks(&self) -> Result<String, Failure> {
        Err(Refusal::new(Code::Forbidden, "breaks").into())
    }
}

struct Query;

#[Object]
impl Query {
    async fn echo(
        &self,
        int: MaybeUndefined<i32>,
        float: MaybeUndefined<f64>,
        text: MaybeUndefined<String>,
        flag: MaybeUndefined<bool>,
        id: MaybeUndefined<ID>,
        sort: MaybeUndefined<Sort>,
        ints: MaybeUndefined<Vec<i32>>,
        matrix: MaybeUndefined<Vec<Option<Vec<Option<i32>>>>>,
        texts: MaybeUndefined<Vec<Option<String>>>,
        filter: MaybeUndefined<Filter>,
        filters: MaybeUndefined<Vec<Filter>>,
    ) -> String {
        tell!(int, float, text, flag, id, sort, ints, matrix, texts, filter, filters)
    }

    async fn defaulted(
        &self,
        #[graphql(default = 4)] int: Option<i32>,
        #[graphql(default = 3)] count: i32,
        #[graphql(default = 0.5)] float: f64,
        #[graphql(default_with = "Some(\"t\".to_owned())")] text: Option<String>,
        #[graphql(default = "w")] word: String,
        #[graphql(default = true)] flag: bool,
        #[graphql(default_with = "Sort::Newest")] sort: Sort,
        #[graphql(default_with = "vec![Kind::Book]")] kinds: Vec<Kind>,
        #[graphql(default_with = "Some(vec![Some(\"a\".to_owned()), None])")] texts: Option<Vec<Option<String>>>,
    ) -> String {
        tell!(int, count, float, text, word, flag, sort, kinds, texts)
    }

    async fn needed(&self, int: i32, text: String, id: ID, sort: Sort, ints: Vec<i32>, filter: Filter) -> String {
        tell!(int, text, id, sort, ints, filter)
    }

    async fn anything(&self, value: MaybeUndefined<Json<Value>>) -> String {
        tell!(value)
    }

    async fn node(&self, id: ID) -> Option<Node> {
        node(&id)
    }

    async fn nodes(&self, #[graphql(default = 2)] first: i32) -> Vec<Node> {
        (1..=first.clamp(0, 6)).filter_map(|number| node(&ID::from(number))).collect()
    }

    async fn things(&self, #[graphql(default_with = "vec![Kind::Book, Kind::Film]")] kinds: Vec<Kind>) -> Vec<Thing> {
        let thing = |kind| match kind {
            Kind::Book => Thing::Book(Book(ID::from("1"))),
            Kind::Film => Thing::Film(Film(ID::from("2"))),
        };
        kinds.into_iter().map(thing).collect()
    }
}

#[derive(SimpleObject)]
struct Changed {
    told: String,
    node: Option<Node>,
}

struct Mutation;

#[Object]
impl Mutation {
    async fn change(&self, input: Change) -> Changed {
        Changed { told: input.told().unwrap_or_default().to_string(), node: node(&input.id) }
    }

    async fn add(&self, #[graphql(default = 1)] count: i32, to: MaybeUndefined<Vec<ID>>) -> String {
        tell!(count, to)
    }
}

/// The schema's text, and where it is served.
pub fn served() -> (String, Router) {
    let schema = Schema::new(Query, Mutation, EmptySubscription);
    let (sdl, types) = (schema.sdl(), TypeSystem::of(&schema));
    let executor = SchemaExecutor::new(schema, |request: Request, _| Box::pin(async move { Ok(request) }));
    let limits = Limits { tokens: 10_000, aliases: 1_000, root_fields: 1_000, directives: 1_000, ..hostile::limits() };
    (sdl, endpoint(Arc::new(executor), Guard::new(limits, types)))
}

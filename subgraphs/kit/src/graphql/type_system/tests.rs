use async_graphql::{EmptyMutation, EmptySubscription, Object, SimpleObject, Value};

use super::*;

const SDL: &str = r#"
schema { query: Root mutation: Changes }
extend schema @link(url: "https://example.com/spec", import: ["@key"])
directive @slow(by: Int! = 3) repeatable on FIELD | FIELD_DEFINITION
interface Node { id: ID! }
type Root { word(from: [Kind!]! = [PLAIN], like: Like): [Word!]! @slow(by: 2) node: Node any: Any }
type Changes { say(word: String!): Word }
type Word implements Node @key(fields: "id") { id: ID! text: String }
extend type Word { length: Int! }
union Any = Word | Root
enum Kind { PLAIN FANCY }
input Like { word: String! = "a \"b\"", and: [Like!] }
input One @oneOf { a: Int b: String }
scalar Date @specifiedBy(url: "https://example.com/date")
"#;

fn parsed() -> TypeSystem {
    TypeSystem::parse(SDL).expect("a schema")
}

#[test]
fn a_field_is_found_by_its_type_and_its_name() {
    let types = parsed();
    let word = types.field("Root", "word").expect("the field");
    assert_eq!(word.ty.to_string(), "[Word!]!");
    assert_eq!((named(&word.ty).as_str(), item(&word.ty).map(ToString::to_string)), ("Word", Some("Word!".into())));
    assert_eq!(word.directives[0].name.node, "slow");
    let from = word.arguments.get("from").expect("the argument");
    assert_eq!((from.ty.to_string().as_str(), from.is_required()), ("[Kind!]!", false));
    assert_eq!(from.default.as_ref().map(ToString::to_string).as_deref(), Some("[PLAIN]"));
    assert_eq!(types.field("Word", "length").expect("an extension counts").ty.to_string(), "Int!");
    assert_eq!(types.field("Node", "id").expect("interfaces have fields").ty.to_string(), "ID!");
    assert!(types.field("Root", "missing").is_none() && types.field("Missing", "word").is_none());
}

#[test]
fn an_input_object_knows_its_fields_and_their_defaults() {
    let types = parsed();
    let Some(Definition::InputObject { fields, one_of: false }) = types.definition("Like") else {
        panic!("{:?}", types.definition("Like"))
    };
    assert_eq!(fields.get("word").and_then(|field| field.default.clone()), Some(Value::from("a \"b\"")));
    assert_eq!(fields.get("and").map(|field| field.ty.to_string()).as_deref(), Some("[Like!]"));
    assert!(matches!(types.definition("One"), Some(Definition::InputObject { one_of: true, .. })));
}

#[test]
fn the_roots_are_those_that_the_schema_names_or_the_usual_ones() {
    let types = parsed();
    let root = |types: &TypeSystem, kind| types.root(kind).map(ToString::to_string);
    assert_eq!(root(&types, OperationType::Query).as_deref(), Some("Root"));
    assert_eq!(root(&types, OperationType::Mutation).as_deref(), Some("Changes"));
    assert_eq!(root(&types, OperationType::Subscription), None);
    let usual = TypeSystem::parse("type Query { a: Int } type Mutation { a: Int }").expect("a schema");
    assert_eq!(root(&usual, OperationType::Mutation).as_deref(), Some("Mutation"));
}

#[test]
fn introspection_and_the_builtin_directives_need_no_saying() {
    let types = parsed();
    assert_eq!(types.field("Root", "__schema").expect("at the query root").ty.to_string(), "__Schema!");
    assert!(types.field("Root", "__type").expect("a field").arguments.get("name").expect("an argument").is_required());
    assert!(types.field("Changes", "__schema").is_none());
    assert_eq!(types.field("Any", "__typename").expect("everywhere").ty.to_string(), "String!");
    assert_eq!(types.field("__Type", "fields").expect("a field").ty.to_string(), "[__Field!]");
    let condition = types.directive("skip").and_then(|arguments| arguments.get("if")).expect("@skip has a condition");
    assert_eq!(condition.ty.to_string(), "Boolean!");
    assert!(types.directive("slow").is_some() && types.directive("missing").is_none());
}

#[test]
fn a_schema_of_ours_has_what_federation_adds() {
    #[derive(SimpleObject)]
    struct Word {
        text: String,
    }

    struct Query;

    #[Object]
    impl Query {
        async fn word(&self) -> Option<i32> {
            None
        }

        #[graphql(entity)]
        async fn by_text(&self, text: String) -> Word {
            Word { text }
        }
    }

    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).enable_federation().finish();
    let types = TypeSystem::of(&schema);
    let entities = types.field("Query", "_entities").expect("an entity resolver");
    let representations = entities.arguments.get("representations").expect("an argument");
    assert_eq!(representations.ty.to_string(), "[_Any!]!");
    assert!(matches!(types.definition("_Any"), Some(Definition::Scalar)));
    assert_eq!(types.field("Query", "_service").expect("a field").ty.to_string(), "_Service!");
}

//! Where a value stands, and what is wrong with it there, in words for who wrote the request.

use std::fmt;

use async_graphql::parser::types::Type;

use super::near::guess;
use crate::{Code, Refusal};

/// How much of a name is told. A client may make them as long as its request.
const NAME: usize = 60;
/// How many names of those that fit are told.
const NAMES: usize = 12;

/// A place of a value. Made on the way down, so that only a refusal costs anything.
#[derive(Clone, Copy)]
pub enum At<'a> {
    Variable(&'a str),
    Default(&'a str),
    Argument { name: &'a str, of: &'a str },
    Field(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl At<'_> {
    fn root(&self) -> &Self {
        match self {
            At::Field(parent, _) | At::Item(parent, _) => parent.root(),
            root => root,
        }
    }

    fn path(&self, path: &mut String) {
        match self {
            At::Variable(name) | At::Default(name) => path.push_str(&format!("${name}")),
            At::Argument { name, .. } => path.push_str(name),
            At::Field(parent, name) => {
                parent.path(path);
                path.push_str(&format!(".{name}"));
            }
            At::Item(parent, at) => {
                parent.path(path);
                path.push_str(&format!("[{at}]"));
            }
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut path = String::new();
        self.path(&mut path);
        let path = brief(&path);
        match self.root() {
            At::Default(_) => write!(f, "The default of the variable `{path}`"),
            At::Argument { of, .. } => write!(f, "The argument `{path}` of `{}`", brief(of)),
            _ => write!(f, "The variable `{path}`"),
        }
    }
}

/// What a client wrote, fit to stand between the quotes of a message: at a length for it, and without a sign that would
/// end them. The keys and texts of variables may hold any.
pub fn brief(name: &str) -> String {
    let mut letters = name.chars();
    let fit = |letter: char| match letter {
        '`' | '"' => '\'',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    let mut brief: String = letters.by_ref().take(NAME).map(fit).collect();
    if letters.next().is_some() {
        brief.push('…');
    }
    brief
}

pub fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::BadUserInput, message)
}

pub fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::GraphqlValidationFailed, message)
}

/// What to give for an input object.
pub const AN_OBJECT: &str = "an object with its fields";

/// What to give for a scalar that every schema has.
pub fn expected(name: &str) -> &'static str {
    match name {
        "Int" => "a whole number of up to 32 bits, such as 3",
        "Float" => "a number, such as 1.5",
        "Boolean" => "true or false",
        "ID" => "an id as it was told, a text",
        _ => "a text in quotation marks",
    }
}

pub fn mistyped(at: At<'_>, ty: &Type, got: &str, expected: &str) -> Refusal {
    bad(format!("{at} takes `{ty}` and got {got}. Give it {expected}."))
}

pub fn null(at: At<'_>, ty: &Type, has_default: bool) -> Refusal {
    let hint = if has_default { "Give it a value, or leave it out." } else { "Give it a value." };
    bad(format!("{at} takes `{ty}` and got null. {hint}"))
}

pub fn missing(at: At<'_>, ty: &Type) -> Refusal {
    bad(format!("{at} of type `{ty}` was not given. Give it a value."))
}

/// An argument that must be given and is not.
pub fn lacking(at: At<'_>, ty: &Type) -> Refusal {
    invalid(format!("{at} of type `{ty}` was not given. Give it a value."))
}

pub fn unknown_argument<'n>(at: At<'_>, name: &str, known: impl Iterator<Item = &'n str>) -> Refusal {
    let of = match at {
        At::Argument { of, .. } => brief(of),
        _ => String::new(),
    };
    invalid(format!("{at} is none that `{of}` takes.")).suggesting(&guess(name, known))
}

/// A field that its type does not have.
pub fn unknown_selection<'n>(field: &str, parent: &str, known: impl Iterator<Item = &'n str>) -> Refusal {
    invalid(format!("There is no field `{}` on the type `{parent}`.", brief(field))).suggesting(&guess(field, known))
}

/// A field that stands outside of a fragment where only those of one type have fields.
pub fn no_fragment<'n>(field: &str, parent: &str, members: impl Iterator<Item = &'n str>) -> Refusal {
    let field = brief(field);
    let message = format!(
        "There is no field `{field}` on `{parent}`, which is one of several types. Ask for it with `... on` its type."
    );
    invalid(message).suggesting(&format!(" They are {}.", list(members)))
}

pub fn nothing_selected(field: &str, ty: &Type) -> Refusal {
    let field = brief(field);
    invalid(format!(
        "The field `{field}` is of type `{ty}`: say which of its fields you want, as in `{field} {{ … }}`."
    ))
}

pub fn selected_of_a_value(field: &str, ty: &Type) -> Refusal {
    invalid(format!(
        "The field `{}` is of type `{ty}`, a value without fields. Take the braces after it away.",
        brief(field)
    ))
}

pub fn unknown_type<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Refusal {
    invalid(format!("There is no type `{}` that has fields.", brief(name))).suggesting(&guess(name, known))
}

pub fn unknown_fragment<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Refusal {
    let message = format!("The document has no fragment `{}`. Write it, or take its spread out.", brief(name));
    invalid(message).suggesting(&guess(name, known))
}

pub fn unknown_field<'n>(at: At<'_>, kind: &str, field: &str, known: impl Iterator<Item = &'n str>) -> Refusal {
    let known: Vec<_> = known.collect();
    let guess = guess(field, known.iter().copied());
    bad(format!("{at} has a field `{}`, which `{kind}` has not.", brief(field)))
        .suggesting(&format!("{guess} It has {}.", list(known.into_iter())))
}

pub fn unknown_value<'n>(
    at: At<'_>,
    ty: &Type,
    got: &str,
    written: Option<&str>,
    known: impl Iterator<Item = &'n str>,
) -> Refusal {
    let known: Vec<_> = known.collect();
    let guess = written.map(|written| guess(written, known.iter().copied())).unwrap_or_default();
    bad(format!("{at} takes `{ty}` and got {got}."))
        .suggesting(&format!("{guess} Give it one of {}.", list(known.into_iter())))
}

pub fn not_one(at: At<'_>, kind: &str) -> Refusal {
    bad(format!("{at} takes exactly one of the fields of `{kind}`, and not null in it."))
}

pub fn holds_nul(at: At<'_>) -> Refusal {
    bad(format!("{at} holds a NUL character (U+0000), which no text may hold here. Take it out."))
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    let list = names.join(", ");
    if more == 0 { list } else { format!("{list} and {more} more") }
}

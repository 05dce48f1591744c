//! The catalog through its schema, on a real database.

mod category;
mod entities;
mod import;
mod messages;
mod product;
mod resend;
mod shop;
mod statements;
mod texts;

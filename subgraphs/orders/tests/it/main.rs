//! Orders through its schema and its messages, on a real database.

mod access;
mod as_of;
mod audit;
mod cancel;
mod cart;
mod cart_claim;
mod cart_delivery;
mod cart_issues;
mod cart_lines;
mod cart_sweep;
mod checkout;
mod dead_letters;
mod faults;
mod messages;
mod one_cart;
mod order_access;
mod ownership;
mod privacy;
mod projection;
mod saga;
mod shop;
mod silence;
mod statements;
mod streams;
mod texts;

#![doc = include_str!("../README.md")]

mod mail_domain;
mod messaging;

mod append_only;
pub mod catalog;
pub mod inventory;
pub mod orders;
pub mod payments;
pub mod reviews;
pub mod search;
pub mod shipping;
pub mod users;

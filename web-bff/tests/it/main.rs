//! The edge on a real socket, with a real Redis, before a router and a users subgraph that do as they are told.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a test says why it skips, and fails where it stands")]

mod bodies;
mod browser;
mod chromium;
mod cors;
mod edge;
mod facebook;
mod factors;
mod guests;
mod hanging_up;
mod headers;
mod hosts;
mod npm;
mod openid;
mod provider;
mod sessions;
mod standin;
mod strangers;
mod tokens;

//! The shop as its clients meet it: through the edge, the router and Redis, on the engine under test.

mod access;
mod hostile;
mod house;
mod http;
mod journey;
mod plans;
mod refusals;
mod restart;
mod shopper;

//! Through the schema, on an index that is fed with the catalog's messages.

mod codes;
mod facets;
mod filling;
mod following;
mod hostile;
mod opening;
mod paging;
mod results;
mod service;
mod shop;
mod writing;

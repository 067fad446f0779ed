//! The local X-Ray through its public doors: the API over HTTP, the library, the binary.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what tests share"
)]

mod analytics;
mod api;
mod aws;
mod commands;
mod compiling;
mod corpus;
mod daemon;
mod documents;
mod durability;
mod filter;
mod graph;
mod guard;
mod hostile;
mod insights;
mod lifecycle;
mod live;
mod logs;
mod map;
mod page;
mod resources;
mod retention;
mod service;
mod slowness;
mod strict;
mod summaries;
mod tail;
mod terminal;

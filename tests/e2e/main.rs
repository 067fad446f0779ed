//! Two processes and more: the real extension beside real functions, and real clients.
//!
//! Run with `cargo xtask test end-to-end`, which builds the programs first.

mod abnormal;
mod aws;
mod clients;
mod daemon;
mod examples;
mod hostile;
mod languages;
mod lifecycle;
mod managed;
mod page;
mod problems;
mod readers;
mod rules;
mod sampling;
mod strategies;
mod unread;

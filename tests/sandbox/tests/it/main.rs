//! The sandbox by its public door, with real processes: the function and the extension in `tests/fixtures`.

mod fixtures;
mod lifecycle;

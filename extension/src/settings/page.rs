//! `docs/settings.md`, written from the table.

use std::fmt::Write;

use super::table::{SETTINGS, Setting};

/// `docs/settings.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Settings of the extension\n\n\
         Environment variables; the function's own are the extension's too. A value that a setting cannot take is said at start, and its default holds.\n\n\
         | variable | default | takes | what it does |\n|---|---|---|---|\n",
    );
    for Setting {
        name,
        default,
        allowed,
        meaning,
    } in SETTINGS
    {
        let default = if default.is_empty() {
            String::new()
        } else {
            format!("`{default}`")
        };
        let written = writeln!(page, "| `{name}` | {default} | {allowed} | {meaning} |");
        debug_assert!(written.is_ok(), "into memory always");
    }
    page.push_str(
        "\nLambda's own variables are read as well: `AWS_LAMBDA_RUNTIME_API` (without it the extension is a daemon: it receives, sends every \
         second, and ends at SIGTERM or SIGINT) and `AWS_LAMBDA_INITIALIZATION_TYPE`.\n\n\
         This page is generated from the table in `extension/src/settings/table.rs`: `UPDATE=1 cargo test -p lambda-xray-extension settings` writes it.\n",
    );
    page
}

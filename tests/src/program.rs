//! Where the programs under test are: built by `cargo xtask test` before the tests run.

use std::path::{Path, PathBuf};

/// A program of this project.
#[derive(Clone, Copy, Debug)]
pub enum Program {
    /// `xray-extension`, as it ships.
    Extension,
    /// `xray-local`.
    Local,
    /// `playground`, which answers a panic.
    Playground,
    /// `hello`, a function as a user writes it.
    Hello,
    /// `sqs-batch`, the example that takes messages.
    SqsBatch,
    /// `api-dynamodb`, the example behind API Gateway.
    ApiDynamodb,
    /// `axum-function`, the example that is a router.
    AxumFunction,
    /// `axum-server`, the example outside of Lambda.
    AxumServer,
    /// `playground`, which dies of one, as cargo-lambda builds functions for release.
    AbortingPlayground,
    /// `aws-calls`, which calls AWS services with their own clients.
    AwsCalls,
}

impl Program {
    /// Where it is; says how to build it when it is not there.
    pub fn path(self) -> PathBuf {
        // The benchmarks are themselves built for release, and measure what is.
        let profile = if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        };
        let (folder, name) = match self {
            Self::Extension => ("layer", "xray-extension"),
            Self::Local => (profile, "xray-local"),
            Self::Playground => (profile, "playground"),
            Self::Hello => (profile, "hello"),
            Self::SqsBatch => (profile, "sqs-batch"),
            Self::AxumFunction => (profile, "axum-function"),
            Self::AxumServer => (profile, "axum-server"),
            Self::ApiDynamodb => (profile, "api-dynamodb"),
            Self::AbortingPlayground => ("aborting", "playground"),
            Self::AwsCalls => (profile, "aws-calls"),
        };
        let target = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap()
            .join("target");
        let path = target.join(folder).join(name);
        assert!(
            path.exists(),
            "{} is not built: run `cargo xtask test end-to-end`",
            path.display()
        );
        path
    }
}

/// The `bin` folder of the Python environment; `None` where there is none and none is needed.
pub fn python() -> Option<PathBuf> {
    client("TEST_PYTHON_BIN")
}

/// The `node_modules` folder; `None` where there is none and none is needed.
pub fn node_modules() -> Option<PathBuf> {
    client("TEST_NODE_MODULES")
}

fn client(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "{variable} is not set, and under CI nothing is skipped"
        );
        eprintln!("skipped: {variable} is not set; `cargo xtask test end-to-end` sets it");
    }
    path
}

//! The environment variables that Lambda gives to a function and to an extension: they differ.
//!
//! Both get the customer's and most of the platform's. Extensions lack what is about the runtime: the handler, the
//! directories, the log stream, the trace id and the address of the X-Ray daemon, even when the customer set it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use crate::settings::{Credentials, FUNCTION_VERSION, HANDLER, Settings};

/// For whom variables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Function,
    Extension,
}

/// What Lambda keeps from extensions, whoever set it; names that begin with an underscore too.
const KEPT_FROM_EXTENSIONS: [&str; 8] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// All variables of a process that asks the APIs at `api`; there are no others.
pub(crate) fn variables(
    settings: &Settings,
    audience: Audience,
    api: SocketAddr,
) -> BTreeMap<String, String> {
    let mut variables = platform(settings, api);
    variables.extend(credentials(&settings.credentials));
    if audience == Audience::Function {
        variables.extend(runtime(settings));
    }
    variables.extend(settings.customer_env.clone());
    variables.retain(|name, _| !settings.removed_env.contains(name));
    if audience == Audience::Extension {
        variables.retain(|name, _| is_for_extensions(name));
    }
    variables
}

fn is_for_extensions(name: &str) -> bool {
    !name.starts_with('_') && !KEPT_FROM_EXTENSIONS.contains(&name)
}

fn platform(settings: &Settings, api: SocketAddr) -> BTreeMap<String, String> {
    let task_root = task_root(settings);
    owned([
        ("AWS_REGION", settings.region.clone()),
        ("AWS_DEFAULT_REGION", settings.region.clone()),
        ("AWS_LAMBDA_FUNCTION_NAME", settings.function_name.clone()),
        (
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            settings.memory_mb.to_string(),
        ),
        ("AWS_LAMBDA_FUNCTION_VERSION", FUNCTION_VERSION.to_owned()),
        (
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            settings.initialization.name().to_owned(),
        ),
        ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
        ("LANG", "en_US.UTF-8".to_owned()),
        (
            "LD_LIBRARY_PATH",
            format!(
                "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:{task_root}:{task_root}/lib:/opt/lib"
            ),
        ),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ])
}

fn runtime(settings: &Settings) -> BTreeMap<String, String> {
    let daemon = settings.daemon_address;
    let name = &settings.function_name;
    let mut variables = owned([
        ("_HANDLER", HANDLER.to_owned()),
        ("LAMBDA_TASK_ROOT", task_root(settings)),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "2026/01/01/[$LATEST]5a4db0c5".to_owned(),
        ),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".to_owned()),
        ("AWS_XRAY_DAEMON_ADDRESS", daemon.to_string()),
        ("_AWS_XRAY_DAEMON_ADDRESS", daemon.ip().to_string()),
        ("_AWS_XRAY_DAEMON_PORT", daemon.port().to_string()),
    ]);
    if settings.is_managed() {
        let limit = settings.max_concurrency.to_string();
        variables.insert("AWS_LAMBDA_MAX_CONCURRENCY".to_owned(), limit);
    }
    variables
}

fn credentials(credentials: &Credentials) -> BTreeMap<String, String> {
    match credentials {
        Credentials::Keys => owned([
            ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE".to_owned()),
            (
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            ),
            ("AWS_SESSION_TOKEN", "EXAMPLE-TOKEN".to_owned()),
        ]),
        Credentials::Container { uri, token } => owned([
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.clone()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", token.clone()),
        ]),
        Credentials::None => BTreeMap::new(),
    }
}

fn task_root(settings: &Settings) -> String {
    settings
        .function
        .parent()
        .unwrap_or(Path::new("/"))
        .display()
        .to_string()
}

fn owned<const N: usize>(variables: [(&str, String); N]) -> BTreeMap<String, String> {
    variables
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

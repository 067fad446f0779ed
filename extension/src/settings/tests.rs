//! The settings, through [`Config::read`].

use std::time::Duration;

use super::*;

fn read(variables: &[(&str, &str)]) -> (Config, Vec<String>) {
    Config::read(|name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page());
}

#[test]
fn the_defaults_that_are_shown_are_the_ones_that_hold() {
    let shown: Vec<_> = SETTINGS
        .iter()
        .map(|setting| (setting.name, setting.default))
        .collect();
    let lambda = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
    let shown: Vec<_> = shown.into_iter().chain([lambda]).collect();
    assert_eq!(read(&shown), read(&[lambda]));
}

#[track_caller]
fn check_wrong(name: &str, value: &str) {
    let (config, wrong) = read(&[(name, value)]);
    assert_eq!(config, read(&[]).0, "{name}={value}");
    assert_eq!(wrong.len(), 1, "{name}={value}");
    assert!(
        wrong[0].contains(name) && wrong[0].contains("takes"),
        "{wrong:?}"
    );
}

#[test]
fn a_wrong_value_is_said_and_its_default_holds() {
    for value in ["nowhere", "127.0.0.1", "example.com:2000", ":2000"] {
        check_wrong("XRAY_EXTENSION_ADDRESS", value);
    }
    for value in ["0", "-1", "1s", "99999999999999999999"] {
        check_wrong("XRAY_EXTENSION_FLUSH_BUDGET_MS", value);
        check_wrong("XRAY_EXTENSION_BUFFER_MB", value);
        check_wrong("XRAY_EXTENSION_CALLS", value);
    }
    for value in ["END", "periodic", "periodic:0", "periodic:1s", "deferred:5"] {
        check_wrong("XRAY_EXTENSION_FLUSH", value);
    }
    check_wrong("XRAY_EXTENSION_LOG", "verbose");
    check_wrong("XRAY_EXTENSION_LOGS", "yes");
    check_wrong("XRAY_EXTENSION_PLATFORM", "some");
    check_wrong("XRAY_EXTENSION_REDACT", "headers:a");
    check_wrong("XRAY_EXTENSION_KEEP", "share:10");
    check_wrong("AWS_ENDPOINT_URL_XRAY", "127.0.0.1:2080");
    check_wrong("AWS_ENDPOINT_URL", "ftp://example.com");
}

#[test]
fn right_values_hold() {
    let (config, wrong) = read(&[
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
        ("XRAY_EXTENSION_ADDRESS", "localhost:2001"),
        ("XRAY_EXTENSION_FLUSH", "periodic:250"),
        ("AWS_ENDPOINT_URL", "http://localhost:2080"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ]);
    assert_eq!(wrong, [""; 0]);
    assert_eq!(config.address.to_string(), "127.0.0.1:2001");
    assert_eq!(config.mode, Mode::Periodic(Duration::from_millis(250)));
    assert_eq!(config.endpoint.as_deref(), Some("http://localhost:2080"));
    assert_eq!(config.region.as_deref(), Some("eu-west-1"));
    assert!(config.freezes());
}

#[test]
fn managed_instances_and_daemons_send_periodically() {
    let managed = [
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances"),
    ];
    for variables in [&managed[..], &[]] {
        assert_eq!(
            read(variables).0.mode,
            Mode::Periodic(Duration::from_secs(1))
        );
    }
}

#[test]
fn lines_are_for_a_local_x_ray_only() {
    let logs = |endpoint| {
        read(&[
            ("XRAY_EXTENSION_LOGS", "on"),
            ("AWS_ENDPOINT_URL", endpoint),
        ])
    };
    let (config, wrong) = logs("http://127.0.0.1:2080");
    assert_eq!((config.logs.as_deref(), wrong.len()), (Some("function"), 0));
    for endpoint in ["", "https://xray.eu-central-1.amazonaws.com"] {
        let (config, wrong) = logs(endpoint);
        assert_eq!((config.logs, wrong.len()), (None, 1));
    }
}

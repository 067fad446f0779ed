//! Whose credentials a daemon signs with, and for which region, on each of the hosts it runs on.

use std::path::Path;

use lambda_xray_extension::daemon::{Task, region};
use lambda_xray_extension::settings::Config;

use crate::fake_aws::FakeAws;
use crate::fake_xray::FakeXRay;
use crate::running::Running;

/// The configuration that a daemon with these arguments and variables works by.
fn config(arguments: &str, variables: &[(&str, String)]) -> Config {
    let arguments = arguments.split_whitespace().map(str::to_owned);
    let lookup = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.clone())
    };
    let Task::Work(config, wrong) = Task::find(arguments, lookup, || None) else {
        unreachable!("no question is asked");
    };
    assert_eq!(wrong, [""; 0]);
    *config
}

/// Sends one document; the key id that it was signed with.
async fn signer(arguments: &str, mut variables: Vec<(&'static str, String)>) -> String {
    let xray = FakeXRay::start().await;
    variables.extend([
        (
            "AWS_ENDPOINT_URL_XRAY",
            format!("http://{}", xray.address.unwrap()),
        ),
        ("XRAY_EXTENSION_FLUSH", "periodic:10".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
    ]);
    let arguments = format!("-b 127.0.0.1:0 -t 127.0.0.1:0 {arguments}");
    let running = Running::with(&config(&arguments, &variables), xray).await;
    running.document("one");
    running.xray.stored(1).await;
    let authorization = running.xray.authorizations()[0].clone();
    running.stop().await;
    let (_, after) = authorization.split_once("Credential=").unwrap();
    after.split('/').next().unwrap().to_owned()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn a_container_shows_the_token_of_its_file() {
    let (folder, aws) = (tempfile::tempdir().unwrap(), FakeAws::start().await);
    let file = write(folder.path(), "token", "secret\n");
    let variables = vec![
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("{}/container", aws.url()),
        ),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file),
    ];
    assert_eq!(signer("", variables).await, "of-container");
}

#[tokio::test]
async fn a_web_identity_assumes_its_role_without_credentials() {
    let (folder, aws) = (tempfile::tempdir().unwrap(), FakeAws::start().await);
    let variables = vec![
        (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            write(folder.path(), "token", "a.b+c"),
        ),
        (
            "AWS_ROLE_ARN",
            "arn:aws:iam::123456789012:role/web".to_owned(),
        ),
        ("AWS_ENDPOINT_URL_STS", aws.url()),
    ];
    assert_eq!(signer("", variables).await, "of-AssumeRoleWithWebIdentity");
    let asked = aws.asked();
    assert!(
        asked[0].contains("WebIdentityToken=a.b%2Bc") && asked[0].ends_with(' '),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_profile_s_keys_assume_the_role_of_the_flag() {
    let (folder, aws) = (tempfile::tempdir().unwrap(), FakeAws::start().await);
    let keys = "[work]\naws_access_key_id = of-profile\naws_secret_access_key = s\n";
    let variables = |profile: &str| {
        vec![
            (
                "AWS_SHARED_CREDENTIALS_FILE",
                write(folder.path(), "credentials", keys),
            ),
            ("AWS_CONFIG_FILE", write(folder.path(), "config", "")),
            ("AWS_PROFILE", profile.to_owned()),
            ("AWS_ENDPOINT_URL_STS", aws.url()),
        ]
    };
    assert_eq!(signer("", variables("work")).await, "of-profile");
    let role = "-r arn:aws:iam::123456789012:role/x-ray";
    assert_eq!(signer(role, variables("work")).await, "of-AssumeRole");
    let asked = aws.asked();
    assert_eq!(asked.len(), 1, "once for all calls");
    for words in [
        "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fx-ray&RoleSessionName=xray-daemon",
        "Credential=of-profile/",
        "/eu-west-1/sts/aws4_request",
    ] {
        assert!(asked[0].contains(words), "{asked:?}");
    }
}

#[tokio::test]
async fn an_instance_gives_its_role_s_credentials_and_tells_its_region() {
    let aws = FakeAws::start().await;
    let metadata = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.url());
    // A role is assumed, or a local X-Ray would not be worth asking the instance.
    let role = "-r arn:aws:iam::123456789012:role/x";
    let variables = vec![metadata.clone(), ("AWS_ENDPOINT_URL_STS", aws.url())];
    assert_eq!(signer(role, variables).await, "of-AssumeRole");
    assert!(
        aws.asked()
            .last()
            .unwrap()
            .contains("Credential=of-instance/"),
        "{:?}",
        aws.asked()
    );
    let found = region::find(&config("", std::slice::from_ref(&metadata))).await;
    assert_eq!(found.as_deref(), Some("ap-south-1"));
    let before = aws.asked().len();
    assert_eq!(region::find(&config("-o", &[metadata])).await, None);
    assert_eq!(aws.asked().len(), before);
}

#[tokio::test]
async fn a_region_is_found_in_the_task_s_file_and_in_a_profile() {
    let folder = tempfile::tempdir().unwrap();
    let task = r#"{"TaskARN": "arn:aws:ecs:us-west-2:123456789012:task/x"}"#;
    let mut variables = vec![
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        (
            "AWS_CONFIG_FILE",
            write(
                folder.path(),
                "config",
                "[default]\nregion = ca-central-1\n",
            ),
        ),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            write(folder.path(), "credentials", ""),
        ),
        (
            "ECS_CONTAINER_METADATA_FILE",
            write(folder.path(), "ecs", task),
        ),
    ];
    let found = region::find(&config("", &variables)).await;
    assert_eq!(found.as_deref(), Some("ca-central-1"));
    variables.push(("ECS_ENABLE_CONTAINER_METADATA", "true".to_owned()));
    let found = region::find(&config("", &variables)).await;
    assert_eq!(found.as_deref(), Some("us-west-2"));
}

#[tokio::test]
async fn a_role_that_is_refused_is_said_with_the_reason() {
    let aws = FakeAws::start().await;
    let xray = FakeXRay::start().await;
    let variables = [
        ("AWS_ACCESS_KEY_ID", "key".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_ENDPOINT_URL_STS", aws.url()),
        (
            "AWS_ENDPOINT_URL_XRAY",
            format!("http://{}", xray.address.unwrap()),
        ),
        ("XRAY_EXTENSION_FLUSH", "periodic:10".to_owned()),
    ];
    let arguments = "-b 127.0.0.1:0 -r arn:aws:iam::123456789012:role/refused";
    let running = Running::with(&config(arguments, &variables), xray).await;
    running.document("one");
    running
        .said_in_time(&["role/refused is not assumed (AccessDenied: not you)"])
        .await;
    let report = running.stop().await;
    assert_eq!((report.sent, report.unsent), (0, 1));
}

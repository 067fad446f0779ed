//! Functions in other languages, with the official SDKs: what they closed arrives, whatever becomes of them.
//!
//! They send no marker; the end of an invocation is told by telemetry, or by the death of the process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use end_to_end::{Arrived, Environment, Setup, free_udp_address, node_modules, python};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A function's `bootstrap`.
struct Function {
    folder: TempDir,
}

impl Function {
    /// Written here, because it names an interpreter of this machine. As Lambda does with `AWS_LAMBDA_EXEC_WRAPPER`, it starts the runtime through
    /// the layer's script: without that, the SDK would send to Lambda's own daemon.
    fn new(interpreter: &Path, script: &str, variables: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("clients")
            .join(script);
        let wrapper = Path::new(env!("CARGO_MANIFEST_DIR")).join("../extension/xray-exec");
        let text = format!(
            "#!/bin/sh\nexec env {variables} {} {} {}\n",
            wrapper.display(),
            interpreter.display(),
            script.display()
        );
        let function = Self { folder };
        fs::write(function.path(), text).unwrap();
        fs::set_permissions(function.path(), fs::Permissions::from_mode(0o755)).unwrap();
        function
    }

    fn python() -> Option<Self> {
        Some(Self::new(&python()?.join("python"), "function.py", ""))
    }

    fn node() -> Option<Self> {
        let modules = format!("NODE_PATH={}", node_modules()?.display());
        Some(Self::new(Path::new("node"), "function.js", &modules))
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("bootstrap")
    }

    async fn start(&self) -> Environment {
        Setup::default()
            .bootstrap(&self.path())
            .address(&free_udp_address())
            .sandbox(|builder| builder.timeout(Duration::from_secs(3)))
            .start()
            .await
    }
}

fn event(then: &str) -> Value {
    json!({"subsegments": ["load", "charge"], "then": then})
}

/// The names of the documents, and of what is within them.
fn names(documents: &[Arrived]) -> Vec<&str> {
    fn add<'d>(document: &'d Value, names: &mut Vec<&'d str>) {
        names.extend(document["name"].as_str());
        for inner in document["subsegments"].as_array().into_iter().flatten() {
            add(inner, names);
        }
    }
    let mut names = Vec::new();
    for document in documents {
        add(&document.json, &mut names);
    }
    names
}

#[track_caller]
fn check_closed_arrived(documents: &[Arrived], then: &str) {
    let names = names(documents);
    for name in ["load", "charge"] {
        let times = names.iter().filter(|other| **other == name).count();
        assert_eq!(times, 1, "{then}: {name} in {names:?}");
    }
}

/// Returns, fails, and then dies in two ways; what was closed arrives each time.
async fn check(function: Function) {
    let mut environment = function.start().await;
    for then in ["return", "raise", "return"] {
        let invocation = environment.invoke(event(then)).await;
        assert!(invocation.reset.is_none(), "{then}: {invocation:?}");
        let documents = environment.documents(&invocation);
        check_closed_arrived(&documents, then);
        let frozen = invocation.timings.frozen.unwrap();
        assert!(
            documents.iter().all(|document| document.at <= frozen),
            "{then}: after the freeze"
        );
    }
    for then in ["kill", "hang"] {
        let invocation = environment.invoke(event(then)).await;
        assert!(invocation.reset.is_some(), "{then}: {invocation:?}");
        check_closed_arrived(&environment.documents(&invocation), then);
    }
}

#[tokio::test]
async fn what_a_python_function_closed_arrives_also_when_it_dies() {
    if let Some(function) = Function::python() {
        check(function).await;
    }
}

#[tokio::test]
async fn what_a_node_function_closed_arrives_also_when_it_dies() {
    if let Some(function) = Function::node() {
        check(function).await;
    }
}

#[tokio::test]
async fn powertools_traces_a_handler() {
    let Some(function) = Function::python() else {
        return;
    };
    let mut environment = function.start().await;
    let mut event = event("return");
    event["powertools"] = true.into();
    let invocation = environment.invoke(event).await;
    let documents = environment.documents(&invocation);
    let handler = documents
        .iter()
        .find(|document| document.text("name") == "## traced");
    let handler = handler.unwrap_or_else(|| panic!("no handler in {documents:#?}"));
    assert_eq!(handler.json["annotations"]["ColdStart"], true);
    assert_eq!(
        handler.json["metadata"]["shop"]["traced response"]["done"],
        2
    );
    check_closed_arrived(&documents, "return");
}

//! An event that cannot be read reaches no handler; its invocation is traced all the same.

use end_to_end::{Environment, Program, Setup};
use serde_json::{Value, json};

async fn greeter() -> Environment {
    Setup::default().function(Program::Hello).start().await
}

#[tokio::test]
async fn an_event_of_the_wrong_kind_is_a_fault_that_says_what_is_missing() {
    let mut environment = greeter().await;
    let wrong = environment.invoke(json!({"nam": "Ada"})).await;
    let documents = environment.documents(&wrong);
    let parent = wrong.tracing.invocation_subsegment().unwrap().to_string();
    let function = documents
        .iter()
        .find(|document| document.text("parent_id") == parent)
        .unwrap();
    assert!(function.flag("fault"), "{function:?}");
    assert_eq!(function.json["annotations"], json!({"ColdStart": true}));
    let told: Vec<_> = function.json["cause"]["exceptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exception| exception["message"].as_str().unwrap())
        .collect();
    assert!(
        told[0].starts_with("the event could not be read"),
        "{told:?}"
    );
    assert!(told[1].starts_with("missing field `name`"), "{told:?}");

    // The next one is traced as ever, and is not cold.
    let right = environment.invoke(json!({"name": "Ada"})).await;
    let documents = environment.documents(&right);
    let cold: Vec<&Value> = documents
        .iter()
        .filter_map(|document| document.json["annotations"].get("ColdStart"))
        .collect();
    assert_eq!((documents.len(), cold), (3, vec![&json!(false)]));
    environment.shutdown().await;
}

//! What a captured future's error says, whatever kind of error it is.

use std::error::Error;

use lambda_xray::testing::capture;
use lambda_xray::{Captured, FutureExt, subsegment};
use serde_json::{Value, json};

#[derive(Debug, thiserror::Error)]
#[error("cannot charge")]
struct Declined(#[from] std::num::ParseIntError);

fn declined() -> Declined {
    "x".parse::<u8>().unwrap_err().into()
}

/// What the exceptions say, the outermost first.
async fn said<E: Captured<KIND>, const KIND: u8>(error: E) -> Vec<Value> {
    let fails = async { Err::<(), _>(error) };
    let work = async { fails.capture(subsegment("charge")).await.is_err() };
    let (trace, failed) = capture(work).await;
    assert!(failed);
    trace.find("charge").assert_fault("");
    let cause = json!(trace.find("charge").document().cause);
    let exceptions = cause["exceptions"].as_array().unwrap();
    exceptions
        .iter()
        .map(|one| one["message"].clone())
        .collect()
}

#[tokio::test]
async fn each_kind_of_error_is_told_with_its_sources() {
    let digit = "invalid digit found in string";
    assert_eq!(said(declined()).await, ["cannot charge", digit]);
    let boxed: Box<dyn Error + Send + Sync> = declined().into();
    assert_eq!(said(boxed).await, ["cannot charge", digit]);
    let boxed: Box<dyn Error> = declined().into();
    assert_eq!(said(boxed).await, ["cannot charge", digit]);
    let wrapped = anyhow::Error::from(declined()).context("no order");
    assert_eq!(said(wrapped).await, ["no order", "cannot charge", digit]);
    assert_eq!(said("no").await, ["no"]);
    assert_eq!(said(String::from("no")).await, ["no"]);
}

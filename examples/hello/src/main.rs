//! A traced function, as small as one gets: `run` traces each invocation, and two subsegments show where its time goes.
//!
//! Invoke it with `{"name": "Ada"}`.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use lambda_xray::{FutureExt, subsegment};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Request {
    name: String,
}

#[derive(Serialize)]
struct Response {
    greeting: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_xray::run(service_fn(greet)).await
}

async fn greet(event: LambdaEvent<Request>) -> Result<Response, Error> {
    let name = event.payload.name;
    let looking_up = subsegment("look up");
    looking_up.annotate("name", name.as_str());
    let word = word_for(&name).capture(looking_up).await?;
    let _greeting = subsegment("greet");
    Ok(Response {
        greeting: format!("{word}, {name}!"),
    })
}

/// Stands for a call to a database.
async fn word_for(name: &str) -> Result<&'static str, Error> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    match name {
        "" => Err("nobody to greet: send {\"name\": \"...\"}".into()),
        _ => Ok("Hello"),
    }
}

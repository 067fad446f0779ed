//! A traced function, as small as one gets: `run` traces each invocation, two subsegments show where its time goes, and
//! one shows what it does before the first invocation.
//!
//! Invoke it with `{"name": "Ada"}`.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use lambda_xray::{FutureExt, init_subsegment, subsegment};
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
    let word = read_configuration();
    lambda_xray::run(service_fn(|event| greet(event, &word))).await
}

/// The word to greet with.
fn read_configuration() -> String {
    let reading = init_subsegment("read configuration");
    let word = std::env::var("GREETING").unwrap_or_else(|_| "Hello".to_owned());
    reading.annotate("greeting", word.as_str());
    word
}

async fn greet(event: LambdaEvent<Request>, word: &str) -> Result<Response, Error> {
    let name = event.payload.name;
    let looking_up = subsegment("look up");
    looking_up.annotate("name", name.as_str());
    look_up(&name).capture(looking_up).await?;
    let _greeting = subsegment("greet");
    Ok(Response {
        greeting: format!("{word}, {name}!"),
    })
}

/// Stands for a call to a database.
async fn look_up(name: &str) -> Result<(), Error> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    match name {
        "" => Err("nobody to greet: send {\"name\": \"...\"}".into()),
        _ => Ok(()),
    }
}

//! Invocations as the runtime makes them, with nothing of Lambda around.

use std::future::Future;
use std::sync::Arc;

use lambda_runtime::tower::Layer;
use lambda_runtime::{Config, Context, Error, LambdaEvent, Service, service_fn};
use lambda_xray::XrayLayer;
use serde_json::Value;

use crate::receiver::Receiver;

pub(crate) const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
pub(crate) const PARENT: &str = "53995c3f42cd8ad8";
pub(crate) const SAMPLED: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1|b:2";

/// A layer whose environment is this table.
pub(crate) fn layer(variables: &[(&str, &str)]) -> XrayLayer {
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    XrayLayer::from_lookup(move |name| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    })
}

/// An extension that has answered, and a layer that sends to it.
pub(crate) fn welcomed() -> (Receiver, XrayLayer) {
    let receiver = Receiver::bind();
    let layer = layer(&[("XRAY_EXTENSION_ADDRESS", &receiver.address())]);
    receiver.welcome();
    (receiver, layer)
}

/// What the runtime says of an invocation of the function "orders".
pub(crate) fn context(request_id: &str, header: Option<&str>) -> Context {
    let mut context = Context::default();
    request_id.clone_into(&mut context.request_id);
    context.xray_trace_id = header.map(str::to_owned);
    context.env_config = Arc::new(Config {
        function_name: "orders".to_owned(),
        ..Config::default()
    });
    context
}

/// One invocation, traced around the handler.
pub(crate) async fn invoke<F>(
    layer: &XrayLayer,
    context: Context,
    handler: impl FnMut(LambdaEvent<Value>) -> F,
) -> Result<Value, Error>
where
    F: Future<Output = Result<Value, Error>>,
{
    let mut service = layer.layer(service_fn(handler));
    service.call(LambdaEvent::new(Value::Null, context)).await
}

/// One sampled invocation of `work`; the documents that came of it, the function subsegment last.
pub(crate) async fn traced<F: Future<Output = ()>>(work: impl Fn() -> F) -> Vec<Value> {
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        work().await;
        Ok(Value::Null)
    });
    answer.await.unwrap();
    receiver.documents()
}

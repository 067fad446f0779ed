//! With this project's wrapper, in an invocation.

use std::hint::black_box;

use lambda_runtime::tower::Layer;
use lambda_runtime::{Context, LambdaEvent, Service, service_fn};
use lambda_xray::spans::SpanLayer;
use lambda_xray::{XrayLayer, subsegment};
use tracing_subscriber::layer::SubscriberExt;

use crate::Error;
use crate::measure::{Cost, measure, once};

/// Connecting to the broadcast address is forbidden, so everything is done up to the call that would send.
pub const NOWHERE: &str = "255.255.255.255:2000";

pub fn layer() -> XrayLayer {
    layer_to(NOWHERE)
}

/// One that sends to this address.
pub fn layer_to(address: &str) -> XrayLayer {
    let address = address.to_owned();
    XrayLayer::from_lookup(move |name| (name == "XRAY_EXTENSION_ADDRESS").then(|| address.clone()))
}

/// What Lambda says of the invocation.
pub fn context(sampled: bool) -> Context {
    let mut context = Context::default();
    let sampled = u8::from(sampled);
    let header = format!(
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={sampled}"
    );
    context.xray_trace_id = Some(header);
    context
}

async fn invoke(address: &str, sampled: bool, work: fn() -> Cost) -> Result<Cost, Error> {
    let mut service = layer_to(address).layer(service_fn(|_: LambdaEvent<()>| async {
        Ok::<_, Error>(work())
    }));
    service.call(LambdaEvent::new((), context(sampled))).await
}

pub async fn by_hand(address: &str, sampled: bool) -> Result<Cost, Error> {
    invoke(address, sampled, || {
        let one = |number| {
            let charge = subsegment(black_box("charge"));
            charge.annotate("order", black_box("42"));
            charge.annotate("amount", black_box(number));
        };
        measure(one, || ())
    })
    .await
}

pub async fn by_tracing(sampled: bool) -> Result<Cost, Error> {
    invoke(NOWHERE, sampled, || {
        let subscriber = tracing_subscriber::registry().with(SpanLayer::new());
        tracing::subscriber::with_default(subscriber, || {
            let one = |number| {
                tracing::info_span!(
                    "charge",
                    order = black_box("42"),
                    amount = black_box(number)
                )
                .in_scope(|| ());
            };
            measure(one, || ())
        })
    })
    .await
}

pub fn made() -> Cost {
    once(|| drop(black_box(layer())))
}

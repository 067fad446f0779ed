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
fn layer() -> XrayLayer {
    XrayLayer::from_lookup(|name| {
        (name == "XRAY_EXTENSION_ADDRESS").then(|| "255.255.255.255:2000".to_owned())
    })
}

async fn invoke(sampled: bool, work: fn() -> Cost) -> Result<Cost, Error> {
    let mut service = layer().layer(service_fn(|_: LambdaEvent<()>| async {
        Ok::<_, Error>(work())
    }));
    let mut context = Context::default();
    let sampled = u8::from(sampled);
    let header = format!(
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={sampled}"
    );
    context.xray_trace_id = Some(header);
    service.call(LambdaEvent::new((), context)).await
}

pub async fn by_hand(sampled: bool) -> Result<Cost, Error> {
    invoke(sampled, || {
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
    invoke(sampled, || {
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

//! What a span costs: nanoseconds to make one with two annotations, enter it, leave it and close it.
//!
//! `cargo run --release -p lambda-xray --features tracing --example spans`. "alone" is the registry with no layer, which every layer pays for; the rest is with
//! ours. The datagrams go to an address that no socket can be connected to, so all is done up to the system call.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use lambda_runtime::tower::Layer;
use lambda_runtime::{Context, Error, LambdaEvent, Service, service_fn};
use lambda_xray::XrayLayer;
use lambda_xray::spans::SpanLayer;
use tracing::{Dispatch, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::prelude::*;

const ROUNDS: u32 = 200_000;
const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const UNSAMPLED: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    for (what, subscriber, header) in [
        ("alone", Dispatch::new(Registry::default()), UNSAMPLED),
        ("unsampled", with_ours(), UNSAMPLED),
        ("sampled, without the send", with_ours(), SAMPLED),
    ] {
        let _subscribed = tracing::dispatcher::set_default(&subscriber);
        let nanos = measure(header).await?.as_secs_f64() * 1e9 / f64::from(ROUNDS);
        writeln!(std::io::stdout(), "{what:<28} {nanos:>8.1} ns")?;
    }
    Ok(())
}

fn with_ours() -> Dispatch {
    Dispatch::new(Registry::default().with(SpanLayer::new()))
}

/// The quickest of five runs: the others were disturbed.
async fn measure(header: &str) -> Result<Duration, Error> {
    // Connecting to the broadcast address is forbidden, so there is no socket.
    let nowhere = |name: &str| name == "XRAY_EXTENSION_ADDRESS";
    let layer =
        XrayLayer::from_lookup(move |name| nowhere(name).then(|| "255.255.255.255:2000".into()));
    let mut service = layer.layer(service_fn(|_: LambdaEvent<()>| async {
        let start = Instant::now();
        for number in 0..ROUNDS {
            let order = black_box("42");
            let span = info_span!(
                "charge",
                annotation.order = order,
                annotation.amount = number
            );
            span.in_scope(|| black_box(number));
        }
        Ok::<_, Error>(start.elapsed())
    }));
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let mut context = Context::default();
        context.xray_trace_id = Some(header.to_owned());
        best = best.min(service.call(LambdaEvent::new((), context)).await?);
    }
    Ok(best)
}

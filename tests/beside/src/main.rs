//! What a subsegment costs beside what a span of OpenTelemetry costs, doing the same in the same run: opened beneath another, two attributes, closed, and
//! written as what would be sent: an X-Ray datagram here, an OTLP message there. Neither is sent.
//!
//! OpenTelemetry is measured in two ways: with its simple processor, which writes each span when it ends, as we do; and with its batch processor, which hands spans
//! to another thread, so that only the part that a request waits for is seen.

mod measure;
mod open_telemetry;
mod xray;

use std::io::Write;

use measure::Cost;
use open_telemetry::Processor;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<52} {:>10} {:>12} {:>10}",
        "one subsegment or span", "time", "allocations", "bytes"
    )?;
    for (what, cost) in [
        ("X-Ray, sampled, written", xray::by_hand(true).await?),
        (
            "OpenTelemetry, sampled, written",
            open_telemetry::by_hand(Processor::Simple),
        ),
        (
            "OpenTelemetry, sampled, handed to a thread",
            open_telemetry::by_hand(Processor::Batch),
        ),
        ("X-Ray, not sampled", xray::by_hand(false).await?),
        (
            "OpenTelemetry, not sampled",
            open_telemetry::by_hand(Processor::Unsampled),
        ),
        (
            "X-Ray, by `tracing`, sampled, written",
            xray::by_tracing(true).await?,
        ),
        (
            "OpenTelemetry, by `tracing`, sampled, written",
            open_telemetry::by_tracing(Processor::Simple),
        ),
        (
            "OpenTelemetry, by `tracing`, handed to a thread",
            open_telemetry::by_tracing(Processor::Batch),
        ),
        (
            "X-Ray, by `tracing`, not sampled",
            xray::by_tracing(false).await?,
        ),
        (
            "OpenTelemetry, by `tracing`, not sampled",
            open_telemetry::by_tracing(Processor::Unsampled),
        ),
        ("X-Ray, made at init", xray::made()),
        ("OpenTelemetry, made at init", open_telemetry::made()),
    ] {
        let Cost {
            nanoseconds,
            allocations,
            bytes,
        } = cost;
        writeln!(
            out,
            "{what:<52} {nanoseconds:>7.0} ns {allocations:>12} {bytes:>10}"
        )?;
    }
    Ok(())
}

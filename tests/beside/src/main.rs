//! What a subsegment costs beside what a span of OpenTelemetry costs, doing the same in the same run: opened beneath another, two attributes, closed, and
//! written as what would be sent: an X-Ray datagram here, an OTLP message there. Neither is sent, unless it is said.
//!
//! OpenTelemetry is measured in two ways: with its simple processor, which writes each span when it ends, as we do; and with its batch processor, which hands spans
//! to another thread, so that only the part that a request waits for is seen. Allocations are those of the thread that the request runs on.
//!
//! What has no peer has its own work without X-Ray beside it: an invocation, and a call of the AWS SDK.

mod aws_call;
mod invocation;
mod measure;
mod open_telemetry;
mod xray;

use std::io::Write;
use std::net::UdpSocket;

use measure::Cost;
use open_telemetry::Processor;
use xray::NOWHERE;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    head("one subsegment or span")?;
    by_hand().await?;
    by_tracing().await?;
    show("X-Ray, made at init", xray::made())?;
    show("OpenTelemetry, made at init", open_telemetry::made())?;

    head("one invocation with nothing in it")?;
    show("without X-Ray", invocation::bare())?;
    show("sampled, sent", invocation::wrapped(true)?)?;
    show("not sampled", invocation::wrapped(false)?)?;

    head("one SendMessage of SQS, answered at once")?;
    let (sampled, traced) = (true, true);
    show("without X-Ray", aws_call::call(sampled, !traced).await?)?;
    show("sampled, written", aws_call::call(sampled, traced).await?)?;
    show("not sampled", aws_call::call(!sampled, traced).await?)
}

async fn by_hand() -> Result<(), Error> {
    use open_telemetry::by_hand as peer;
    use xray::by_hand as ours;

    // Nobody reads it: what has no room is dropped by the kernel, after the call.
    let sink = UdpSocket::bind("127.0.0.1:0")?;
    let sink = sink.local_addr()?.to_string();
    show("X-Ray, sampled, written", ours(NOWHERE, true).await?)?;
    show("OpenTelemetry, sampled, written", peer(Processor::Simple))?;
    let handed = peer(Processor::Batch);
    show("OpenTelemetry, sampled, handed to a thread", handed)?;
    show("X-Ray, sampled, sent by UDP", ours(&sink, true).await?)?;
    show("X-Ray, not sampled", ours(NOWHERE, false).await?)?;
    show("OpenTelemetry, not sampled", peer(Processor::Unsampled))
}

async fn by_tracing() -> Result<(), Error> {
    use open_telemetry::by_tracing as peer;
    use xray::by_tracing as ours;

    show("X-Ray, by `tracing`, sampled, written", ours(true).await?)?;
    let written = peer(Processor::Simple);
    show("OpenTelemetry, by `tracing`, sampled, written", written)?;
    let handed = peer(Processor::Batch);
    show("OpenTelemetry, by `tracing`, handed to a thread", handed)?;
    show("X-Ray, by `tracing`, not sampled", ours(false).await?)?;
    let unsampled = peer(Processor::Unsampled);
    show("OpenTelemetry, by `tracing`, not sampled", unsampled)
}

fn head(what: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{what:<52} {:>10} {:>12} {:>10}",
        "time", "allocations", "bytes"
    )?;
    Ok(())
}

fn show(what: &str, cost: Cost) -> Result<(), Error> {
    let Cost {
        nanoseconds,
        allocations,
    } = cost;
    let mut out = std::io::stdout().lock();
    write!(out, "{what:<52} {nanoseconds:>7.0} ns")?;
    if let Some((count, bytes)) = allocations {
        write!(out, " {count:>12} {bytes:>10}")?;
    }
    writeln!(out)?;
    Ok(())
}

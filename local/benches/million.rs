//! The budgets of the local X-Ray over a generated million of documents: `cargo bench -p xray-local [-- --documents N]`.
//!
//! Over the API, as clients do it; times are medians of some runs. They are shown beside their budgets and never asserted: a
//! busy machine is no regression.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use xray_local::generate::{Outage, Plan, Service};
use xray_local::{Config, Local};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// When the first trace begins, epoch seconds; a whole minute.
const START: f64 = 1_795_420_800.0;
/// Seconds over which the traces are spread.
const LENGTH: f64 = 6.0 * 3600.0;
/// Documents of one `PutTraceSegments`, as SDKs' daemons send them.
const TOGETHER: usize = 50;
/// Connections that put at once.
const CONNECTIONS: usize = 8;
/// Documents of a trace.
const PER_TRACE: u64 = 3;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args()
        .skip_while(|it| it != "--documents")
        .skip(1);
    let documents = arguments.next().map_or(Ok(1_000_000), |it| it.parse())?;
    let folder = tempfile::tempdir()?;
    let running = Local::start(Config::new(folder.path())).await?;
    let mut client = Client::connect(running.addr()).await?;
    let took = ingest(running.addr(), documents).await?;
    #[expect(clippy::cast_precision_loss, reason = "for a rate")]
    let rate = documents as f64 / took.as_secs_f64();
    show("documents stored a second", &format!("{rate:.0}"), "30,000");
    let range = json!({ "StartTime": START, "EndTime": START + LENGTH });
    let first = client.times("/ServiceGraph", &range, 1).await?;
    show("graph of 6 hours, while the last come", &first, "");
    let bytes: u64 = std::fs::read_dir(folder.path())?
        .filter_map(|it| Some(it.ok()?.metadata().ok()?.len()))
        .sum();
    show(
        "bytes of the store for each document",
        &(bytes / documents).to_string(),
        "",
    );
    for (what, filter, budget) in [
        ("summaries of the newest 100", "", "20 ms"),
        (
            "    by an annotation a third of all has",
            r#"annotation.tier = "premium""#,
            "20 ms",
        ),
        (
            "    by an annotation one trace has",
            r#"annotation.order = "o-4711""#,
            "20 ms",
        ),
        ("    by a user", r#"user = "customer-7""#, "20 ms"),
        (
            "    by a service and fault",
            r#"service("payments.example.com") { fault }"#,
            "20 ms",
        ),
        (
            "    by one of two annotations, and a status",
            r#"(annotation.order = "o-1" OR annotation.items = 3) AND http.status = 502"#,
            "20 ms",
        ),
    ] {
        let input = with(&range, &json!({ "FilterExpression": filter }));
        let text = client.times("/TraceSummaries", &input, 11).await?;
        show(what, &text, budget);
    }
    graphs(&mut client).await?;
    let enable =
        json!({ "GroupName": "Default", "InsightsConfiguration": { "InsightsEnabled": true } });
    client.call("/UpdateGroup", &enable).await?;
    show(
        "insights of 6 hours",
        &client.times("/InsightSummaries", &range, 5).await?,
        "",
    );
    let by = with(
        &range,
        &json!({ "By": "annotation.tier", "FilterExpression": "fault" }),
    );
    show(
        "analysis of the failed ones",
        &client.times("/GetAnalytics", &by, 1).await?,
        "",
    );
    running.close().await;
    let running = Local::start(Config::new(folder.path())).await?;
    let mut client = Client::connect(running.addr()).await?;
    let first = client.times("/ServiceGraph", &range, 1).await?;
    show(
        "graph of 6 hours, the first after a start",
        &first,
        "100 ms",
    );
    running.close().await;
    Ok(())
}

/// What is summed up ahead: whole hours, and a range that ends between minutes.
async fn graphs(client: &mut Client) -> Result<()> {
    let whole = (START, START + LENGTH);
    let odd = (START + 1830.5, START + LENGTH - 1750.25);
    for (what, (from, to)) in [
        ("graph of 6 hours", whole),
        ("graph of 5 hours between minutes", odd),
    ] {
        let range = json!({ "StartTime": from, "EndTime": to });
        show(
            what,
            &client.times("/ServiceGraph", &range, 11).await?,
            "100 ms",
        );
    }
    Ok(())
}

fn with(input: &Value, more: &Value) -> Value {
    let fields = [input, more]
        .into_iter()
        .filter_map(Value::as_object)
        .flatten();
    let fields = fields.map(|(key, value)| (key.clone(), value.clone()));
    Value::Object(fields.collect())
}

/// Puts the documents over some connections; generating them is not what is measured, so it is done ahead.
async fn ingest(addr: SocketAddr, documents: u64) -> Result<Duration> {
    let plan = Plan {
        seed: 1,
        start: START,
        traces: documents / PER_TRACE,
        length: LENGTH,
        outages: vec![Outage {
            service: Service::Table,
            from: 10_000.0,
            to: 10_900.0,
            rate: 0.4,
        }],
    };
    let (queue, bodies) = mpsc::channel::<Vec<Value>>(64);
    let bodies = std::sync::Arc::new(tokio::sync::Mutex::new(bodies));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let bodies = std::sync::Arc::clone(&bodies);
        tasks.spawn(async move {
            let mut client = Client::connect(addr).await?;
            loop {
                let Some(documents) = bodies.lock().await.recv().await else {
                    return Ok::<_, Box<dyn Error + Send + Sync>>(());
                };
                let texts: Vec<_> = documents.iter().map(Value::to_string).collect();
                client
                    .call("/TraceSegments", &json!({ "TraceSegmentDocuments": texts }))
                    .await?;
            }
        });
    }
    let begin = Instant::now();
    let mut batch = Vec::new();
    for trace in plan.traces() {
        batch.extend(trace);
        if batch.len() >= TOGETHER {
            queue.send(std::mem::take(&mut batch)).await?;
        }
    }
    queue.send(batch).await?;
    drop(queue);
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(begin.elapsed())
}

/// One connection.
struct Client {
    addr: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    async fn connect(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { addr, sender })
    }

    async fn call(&mut self, path: &str, input: &Value) -> Result<Bytes> {
        let request = Request::post(path).header("Host", self.addr.to_string());
        self.sender.ready().await?;
        let answer = (self.sender)
            .send_request(request.body(Full::from(input.to_string()))?)
            .await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        Err(format!("{path}: {status} {}", String::from_utf8_lossy(&body)).into())
    }

    /// The median, and the smallest and largest beside it; how long the answer is.
    async fn times(&mut self, path: &str, input: &Value, runs: usize) -> Result<String> {
        let mut times = Vec::with_capacity(runs);
        let mut length = 0;
        for _ in 0..runs {
            let begin = Instant::now();
            length = self.call(path, input).await?.len();
            times.push(begin.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_unstable_by(f64::total_cmp);
        let at = |place: usize| times.get(place).copied().unwrap_or_default();
        let (median, least, most) = (at(runs / 2), at(0), at(runs.saturating_sub(1)));
        Ok(format!(
            "{median:.1} ms ({least:.1} to {most:.1}), {length} bytes"
        ))
    }
}

#[expect(clippy::print_stdout, reason = "what it is for")]
fn show(what: &str, measured: &str, budget: &str) {
    println!("{what:<50} {measured:>42}  {budget}");
}

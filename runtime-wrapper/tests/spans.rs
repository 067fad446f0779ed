//! Spans of `tracing`: where their subsegments stand, how long they are open, what their fields become.

use std::sync::{Mutex, Once};

use allocation_counter::measure;
use lambda_runtime::Error;
use lambda_xray::spans::SpanLayer;
use lambda_xray::{Context, FutureExt, subsegment, trace_header};
use serde_json::{Value, json};
use tokio::task::yield_now;
use tracing::{
    Instrument, Level, Span, debug_span, error, error_span, field, info, info_span, instrument,
};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, fmt};

use crate::receiver::{Came, named};
use crate::world::{ROOT, SAMPLED, context, invoke, traced, welcomed};

/// One subscriber for all tests and threads of the process: what keeps them apart is the context.
fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(SpanLayer::new()).init());
}

#[track_caller]
fn assert_beneath(documents: &[Value], child: &str, parent: &str) {
    let (child, parent) = (named(documents, child), named(documents, parent));
    assert_eq!(child["parent_id"], parent["id"], "{child:#} {parent:#}");
}

#[instrument(err, skip(order), fields(annotation.order = order))]
async fn charge(order: &str, amount: u64) -> Result<(), Error> {
    yield_now().await;
    drop(subsegment("card"));
    Err("declined".into())
}

#[tokio::test]
async fn instrument_is_all_a_function_needs() {
    subscribe();
    let documents = traced(|| async {
        charge("42", 7).await.unwrap_err();
    })
    .await;
    assert_eq!(documents.len(), 3);
    assert_beneath(&documents, "card", "charge");
    assert_beneath(&documents, "charge", "orders");
    let charge = named(&documents, "charge");
    assert_eq!(charge["annotations"], json!({"order": "42"}));
    assert_eq!(charge["metadata"], json!({"default": {"amount": 7}}));
    assert_eq!(charge["fault"], true);
    let exception = &charge["cause"]["exceptions"][0];
    assert_eq!(exception["message"], "declined");
    assert!(
        exception["stack"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with("spans.rs")
    );
    assert_eq!(named(&documents, "orders").get("fault"), None);
}

async fn steps(name: &'static str) {
    for _ in 0..3 {
        async {
            yield_now().await;
            let _guard = subsegment("guard");
        }
        .instrument(info_span!("step", annotation.branch = name))
        .await;
        yield_now().await;
    }
}

fn assert_branch(documents: &[Value], name: &str) {
    let branch = named(documents, name);
    let mut steps = 0;
    for step in documents {
        if step["name"] == "step" && step["annotations"]["branch"] == name {
            assert_eq!(step["parent_id"], branch["id"]);
            let guards = documents.iter();
            let guards = guards.filter(|guard| guard["parent_id"] == step["id"]);
            assert_eq!(guards.count(), 1);
            steps += 1;
        }
    }
    assert_eq!(steps, 3, "{name}");
}

#[tokio::test]
async fn futures_that_take_turns_keep_apart() {
    subscribe();
    let documents = traced(|| async {
        let one = steps("a").instrument(info_span!("a"));
        let two = steps("b").in_subsegment(subsegment("b"));
        tokio::join!(one, two);
        drop(subsegment("after"));
    })
    .await;
    assert_eq!(documents.len(), 16);
    assert_branch(&documents, "a");
    assert_branch(&documents, "b");
    assert_beneath(&documents, "after", "orders");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_takes_its_span_along() {
    subscribe();
    let documents = traced(|| async {
        let own = tokio::spawn(steps("own").instrument(info_span!("own")));
        let outer = info_span!("outer");
        let current = outer.in_scope(|| tokio::spawn(steps("outer").in_current_span()));
        let thread = std::thread::spawn({
            let outer = outer.clone();
            move || info_span!(parent: &outer, "thread").in_scope(|| drop(subsegment("deep")))
        });
        let (one, two) = tokio::join!(own, current);
        one.and(two).unwrap();
        thread.join().unwrap();
    })
    .await;
    assert_branch(&documents, "own");
    assert_branch(&documents, "outer");
    assert_beneath(&documents, "thread", "outer");
    assert_beneath(&documents, "deep", "thread");
    assert_beneath(&documents, "outer", "orders");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invocations_at_once_do_not_mix() {
    subscribe();
    let workers = (0..4).map(|_| {
        tokio::spawn(async {
            for _ in 0..10 {
                let documents =
                    traced(|| async { steps("work").instrument(info_span!("work")).await }).await;
                assert_eq!(documents.len(), 8);
                assert_branch(&documents, "work");
                assert_beneath(&documents, "work", "orders");
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
}

#[tokio::test]
async fn a_span_that_outlives_its_handler_is_sent_late() {
    subscribe();
    let (receiver, layer) = welcomed();
    let late: Mutex<Option<Span>> = Mutex::default();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        *late.lock().unwrap() = Some(info_span!("late"));
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(receiver.documents().len(), 1);
    let late = late.lock().unwrap().take().unwrap();
    late.in_scope(|| drop(subsegment("within")));
    drop(late);
    let documents = receiver.documents();
    assert_beneath(&documents, "within", "late");
    assert!(!Context::current().is_recorded());
}

#[tokio::test]
async fn a_span_around_the_invocation_is_no_part_of_it() {
    subscribe();
    let around = info_span!("around");
    let invocation = traced(|| async {
        info_span!("within").in_scope(|| drop(subsegment("deep")));
        around.record("late", 1);
        error!(parent: &around, "not here");
    });
    let documents = invocation.instrument(around.clone()).await;
    assert_eq!(names(&documents), ["deep", "within", "orders"]);
    assert_beneath(&documents, "within", "orders");
    assert_eq!(named(&documents, "orders").get("fault"), None);
}

#[tokio::test]
async fn the_runtimes_span_takes_the_invocation_along() {
    subscribe();
    let runtimes = info_span!(target: "lambda_runtime::layers::trace", "Lambda runtime invoke");
    let invocation = traced(|| async {
        let task = async { drop(subsegment("task")) };
        tokio::spawn(task.in_current_span()).await.unwrap();
        let current = Span::current();
        let thread = move || current.in_scope(|| drop(info_span!("thread")));
        std::thread::spawn(thread).join().unwrap();
        info_span!("within").in_scope(|| drop(subsegment("deep")));
    });
    let documents = invocation.instrument(runtimes.clone()).await;
    assert_eq!(
        names(&documents),
        ["task", "thread", "deep", "within", "orders"]
    );
    for name in ["task", "thread", "within"] {
        assert_beneath(&documents, name, "orders");
    }
    assert_beneath(&documents, "deep", "within");
    let late = runtimes.in_scope(|| Context::current().is_recorded());
    assert!(late, "the invocation is known for as long as its span is");
    assert!(!Context::current().is_recorded());
}

#[tokio::test]
async fn guards_may_be_left_in_any_order() {
    subscribe();
    let documents = traced(|| async {
        let (outer, inner) = (info_span!("outer"), info_span!("inner"));
        let in_outer = outer.enter();
        let in_inner = inner.enter();
        let again = outer.enter();
        drop(again);
        drop(subsegment("first"));
        drop(in_outer);
        drop(subsegment("second"));
        drop(in_inner);
        drop(subsegment("third"));
    })
    .await;
    assert_beneath(&documents, "first", "inner");
    assert_beneath(&documents, "second", "inner");
    assert_beneath(&documents, "third", "orders");
}

#[tokio::test]
async fn a_call_from_a_span_names_it_as_its_parent() {
    subscribe();
    let documents = traced(|| async {
        let span = info_span!("call", annotation.sent = field::Empty);
        let _entered = span.enter();
        span.record("annotation.sent", trace_header().unwrap().to_string());
    })
    .await;
    let call = named(&documents, "call");
    let id = call["id"].as_str().unwrap();
    let header = format!("Root={ROOT};Parent={id};Sampled=1;Lineage=a:1|b:2");
    assert_eq!(call["annotations"]["sent"], header);
}

#[tokio::test]
async fn fields_keep_their_types() {
    subscribe();
    let documents = traced(|| async {
        let late = info_span!(
            "typed",
            flag = true,
            signed = -1,
            unsigned = u64::MAX,
            float = 1.5,
            nan = f64::NAN,
            text = "a",
            debug = ?[1, 2],
            shown = %"b",
            annotation.rate = 0.5,
            annotation.first = false,
            annotation.order.id = ?Some(1),
            r#type = "t",
            later = field::Empty,
        );
        late.record("later", 3);
    })
    .await;
    let typed = named(&documents, "typed");
    let metadata = json!({
        "flag": true, "signed": -1, "unsigned": u64::MAX, "float": 1.5, "nan": "NaN", "text": "a",
        "debug": "[1, 2]", "shown": "b", "type": "t", "later": 3,
    });
    assert_eq!(typed["metadata"], json!({ "default": metadata }));
    let annotations = json!({"rate": 0.5, "first": false, "order_id": "Some(1)"});
    assert_eq!(typed["annotations"], annotations);
}

#[tokio::test]
async fn calls_are_told_as_http_and_sql() {
    subscribe();
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        let new = info_span!(
            "request",
            otel.name = "api.example.com",
            otel.kind = "client",
            http.request.method = "PUT",
            url.full = "https://ada:pw@api.example.com/a@b?key=secret#part",
            user_agent.original = "ua",
            otel.status_code = field::Empty,
            http.response.status_code = field::Empty,
        );
        let told = receiver.came();
        assert!(
            matches!(&told[..], [.., Came::Open(open)] if open["name"] == "api.example.com"),
            "{told:?}"
        );
        new.record("otel.status_code", "ERROR")
            .record("http.response.status_code", 502);
        drop(info_span!(
            "old", otel.kind = "internal", otel.status_code = "error", http.method = %"GET",
            http.url = "/path?key=secret", http.status_code = "429", http.response_content_length = 5,
        ));
        drop(info_span!(
            "query",
            db.query.text = r#"SELECT "a" FROM t WHERE b = 'secret' AND c = 7"#,
            db.system.name = "postgresql",
            db.user = "app",
            db.connection_string = "postgres://app:pw@h",
        ));
        drop(info_span!(
            "older",
            db.statement = "SELECT \"secret\"",
            db.system = "mysql"
        ));
        Ok(Value::Null)
    });
    answer.await.unwrap();
    let documents = receiver.documents();
    let new = named(&documents, "api.example.com");
    assert_eq!(
        new["http"],
        json!({
            "request": {"method": "PUT", "url": "https://api.example.com/a@b", "user_agent": "ua"},
            "response": {"status": 502},
        })
    );
    assert_eq!(
        (&new["namespace"], &new["fault"]),
        (&json!("remote"), &json!(true))
    );
    let old = named(&documents, "old");
    assert_eq!(
        old["http"],
        json!({
            "request": {"method": "GET", "url": "/path"}, "response": {"status": 429, "content_length": 5},
        })
    );
    assert_eq!(
        (&old["throttle"], &old["error"]),
        (&json!(true), &json!(true))
    );
    assert_eq!((old.get("fault"), old.get("namespace")), (None, None));
    let query = named(&documents, "query");
    assert_eq!(
        query["sql"],
        json!({
            "sanitized_query": r#"SELECT "a" FROM t WHERE b = ? AND c = ?"#,
            "database_type": "postgresql", "user": "app",
        })
    );
    assert_eq!(
        (&query["namespace"], query.get("metadata")),
        (&json!("remote"), None)
    );
    let older = named(&documents, "older");
    assert_eq!(older["sql"]["sanitized_query"], "SELECT ?");
}

#[tokio::test]
async fn a_call_to_another_is_named_after_it() {
    subscribe();
    let documents = traced(|| async {
        drop(info_span!(
            "v4",
            otel.kind = "client",
            url.full = "http://u:p@one.example.com:8080/a:b"
        ));
        drop(info_span!(
            "v6",
            otel.kind = "CLIENT",
            http.url = "http://[::1]"
        ));
        drop(info_span!(
            "query",
            db.system = "mysql",
            db.name = "orders",
            server.address = "db.example.com"
        ));
        drop(info_span!(
            "said",
            otel.kind = "client",
            otel.name = "GET /two",
            url.full = "http://three/"
        ));
        drop(info_span!(
            "served",
            otel.kind = "server",
            url.full = "http://four/"
        ));
        drop(info_span!(
            "nowhere",
            otel.kind = "client",
            url.full = "/path"
        ));
    })
    .await;
    let expected = [
        "one.example.com",
        "_::1_",
        "orders@db.example.com",
        "three",
        "served",
        "nowhere",
        "orders",
    ];
    assert_eq!(names(&documents), expected);
    assert_eq!(documents[0]["metadata"]["default"]["span"], "v4");
}

#[tokio::test]
async fn an_error_is_the_cause_with_its_sources() {
    subscribe();
    let documents = traced(|| async {
        let cause = std::io::Error::other("x".parse::<u8>().unwrap_err());
        let cause = &cause as &(dyn std::error::Error + 'static);
        info_span!("event").in_scope(|| {
            info!(error = cause, "no matter");
            error!(error = cause, order = 42, "cannot charge");
        });
        info_span!("text").in_scope(|| error!(error = %"declined", "cannot charge"));
        let field = info_span!("field", error = field::Empty);
        field.record("error", cause);
        info_span!("fine").in_scope(|| info!("charged"));
        error!("outside of a span");
    })
    .await;
    let chain = |name: &str| {
        let exceptions = named(&documents, name)["cause"]["exceptions"].clone();
        let exceptions = exceptions.as_array().unwrap().clone();
        for pair in exceptions.windows(2) {
            assert_eq!(pair[0]["cause"], pair[1]["id"]);
        }
        let messages = exceptions.iter().map(|one| one["message"].clone());
        messages.collect::<Vec<_>>()
    };
    // What an `std::io::Error` says is what the error within it says, which it does not name as its source.
    let digit = "invalid digit found in string";
    assert_eq!(chain("event"), ["cannot charge", digit]);
    assert_eq!(chain("text"), ["cannot charge: declined"]);
    assert_eq!(chain("field"), [digit]);
    assert_eq!(
        named(&documents, "event")["metadata"],
        json!({"error": {"order": 42}})
    );
    for name in ["event", "text", "field"] {
        assert_eq!(named(&documents, name)["fault"], true);
    }
    for name in ["fine", "orders"] {
        assert_eq!(named(&documents, name).get("fault"), None);
    }
}

#[tokio::test]
async fn a_panic_within_a_span_is_its_fault() {
    subscribe();
    let (receiver, layer) = welcomed();
    let answer = tokio::spawn(async move {
        let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
            let ship = async { panic!("out of stock") };
            ship.instrument(info_span!("ship")).await
        });
        answer.await.map_err(drop)
    });
    assert!(answer.await.unwrap_err().is_panic());
    let documents = receiver.documents();
    assert_beneath(&documents, "ship", "orders");
    for name in ["ship", "orders"] {
        let document = named(&documents, name);
        assert_eq!(
            document["cause"]["exceptions"][0]["message"],
            "out of stock"
        );
        assert_eq!(document["fault"], true);
    }
    assert!(!Context::current().is_recorded());
}

/// The documents of one invocation, with another subscriber than the tests' own.
fn traced_by(subscriber: impl Into<tracing::Dispatch>, work: impl Fn()) -> Vec<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let subscriber = subscriber.into();
    tracing::dispatcher::with_default(&subscriber, || {
        runtime.block_on(traced(|| async { work() }))
    })
}

fn names(documents: &[Value]) -> Vec<&str> {
    let names = documents.iter().filter_map(|one| one["name"].as_str());
    names.collect()
}

fn of_levels() {
    let error = error_span!("error").entered();
    let debug = debug_span!("debug").entered();
    let info = info_span!(target: "other", "info").entered();
    drop(info_span!(target: "lambda_runtime::layers::trace", "Lambda runtime invoke"));
    drop((info, debug, error));
}

#[test]
fn levels_and_filters_choose_the_spans() {
    let all = |layer: SpanLayer| names_of(&traced_by(Registry::default().with(layer), of_levels));
    assert_eq!(all(SpanLayer::new()), ["info", "error", "orders"]);
    let trace = SpanLayer::new().with_max_level(Level::TRACE);
    assert_eq!(all(trace), ["info", "debug", "error", "orders"]);
    let wanted = Targets::new().with_target("other", LevelFilter::TRACE);
    // The filter is this layer's own: the one beside it sees all.
    let beside = fmt::layer().with_writer(std::io::sink);
    let registry = Registry::default();
    let filtered = registry
        .with(SpanLayer::new().with_filter(wanted))
        .with(beside);
    let documents = traced_by(filtered, of_levels);
    assert_eq!(names(&documents), ["info", "orders"]);
    assert_beneath(&documents, "info", "orders");
}

fn names_of(documents: &[Value]) -> Vec<String> {
    names(documents).into_iter().map(str::to_owned).collect()
}

#[test]
fn the_prefix_of_annotations_is_the_users_choice() {
    let prefixed = SpanLayer::new().with_annotation_prefix("xray.");
    let documents = traced_by(Registry::default().with(prefixed), || {
        drop(info_span!("a", xray.order = 42, annotation.order = 7));
    });
    let a = named(&documents, "a");
    assert_eq!(a["annotations"], json!({"order": 42}));
    assert_eq!(a["metadata"], json!({"default": {"annotation.order": 7}}));
}

/// What costs nothing itself.
fn work() {
    let span = info_span!("charge", annotation.order = "42", late = field::Empty);
    span.record("late", 1);
    span.in_scope(|| {
        info!("charging");
        error!(order = 42, "declined");
        drop(info_span!("inner"));
    });
}

/// Allocations of a second round: a registry and a callsite allocate at their first use.
fn allocations() -> u64 {
    work();
    measure(work).count_total
}

#[test]
fn where_nothing_is_recorded_nothing_is_allocated_or_sent() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let (receiver, layer) = welcomed();
    let registry = Registry::default().with(SpanLayer::new());
    tracing::subscriber::with_default(registry, || {
        let header = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0");
        let answer = invoke(&layer, context("r1", Some(&header)), |_| async {
            Ok(allocations().into())
        });
        assert_eq!(runtime.block_on(answer).unwrap(), 0);
        assert_eq!(receiver.came(), [Came::End("r1".to_owned())]);
        assert_eq!(allocations(), 0);
    });
}

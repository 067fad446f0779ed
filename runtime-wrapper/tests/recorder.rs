//! Segments outside of Lambda, as the daemon gets them.

use lambda_xray::recorder::{Recorder, Resource};
use lambda_xray::sampling::{LocalRules, Request, Sampling};
use lambda_xray::{Context, FutureExt, TraceHeader, subsegment, trace_header};
use serde_json::{Value, json};

use crate::receiver::{Receiver, named};
use crate::world::{PARENT, ROOT, SAMPLED};

/// Rules that take all requests, or none.
fn rules(rate: u8) -> Sampling {
    let file = json!({ "version": 2, "default": { "fixed_target": 0, "rate": rate } });
    Sampling::local(LocalRules::parse(&file.to_string()).unwrap())
}

/// A daemon, and a recorder that sends to it; its other settings are these.
pub(crate) fn recording(sampling: Sampling, settings: &[(&str, &str)]) -> (Receiver, Recorder) {
    let receiver = Receiver::bind();
    let mut variables = vec![("AWS_XRAY_DAEMON_ADDRESS".to_owned(), receiver.address())];
    variables.extend(
        settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let builder = Recorder::builder().lookup(move |name| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    });
    let resource = Resource::default().log_group("/shop");
    let recorder = builder
        .sampling(sampling)
        .version("1.2.3")
        .resource(resource)
        .build();
    (receiver, recorder)
}

pub(crate) fn everything() -> (Receiver, Recorder) {
    recording(rules(1), &[])
}

fn header(text: &str) -> TraceHeader {
    TraceHeader::parse(text).unwrap()
}

#[tokio::test]
async fn a_segment_stands_at_the_root_of_a_trace_of_its_own() {
    let (daemon, recorder) = everything();
    let segment = recorder.segment("nightly");
    let trace = segment.trace_id().unwrap().to_string();
    async {
        drop(subsegment("load"));
        let onward = trace_header().unwrap().to_string();
        assert!(
            onward.starts_with(&format!("Root={trace};Parent=")) && onward.ends_with(";Sampled=1"),
            "{onward}"
        );
    }
    .in_subsegment(segment)
    .await;

    let documents = daemon.documents();
    let nightly = named(&documents, "nightly");
    assert_eq!(
        (
            &nightly["trace_id"],
            &nightly["type"],
            &nightly["parent_id"]
        ),
        (&json!(trace), &Value::Null, &Value::Null)
    );
    assert_eq!(nightly["service"], json!({ "version": "1.2.3" }));
    assert_eq!(nightly["aws"]["xray"]["sdk"], "X-Ray for Rust");
    assert_eq!(
        nightly["aws"]["cloudwatch_logs"],
        json!([{ "log_group": "/shop" }])
    );
    let load = named(&documents, "load");
    assert_eq!(
        (&load["type"], &load["parent_id"]),
        (&json!("subsegment"), &nightly["id"])
    );
    assert_eq!(documents.len(), 2);
}

#[tokio::test]
async fn the_callers_decision_holds_and_its_trace_goes_on() {
    let (daemon, recorder) = recording(rules(0), &[]);
    let segment = recorder.segment_of("shop", Some(&header(SAMPLED)), Request::default());
    let onward = segment.trace_header().unwrap();
    assert_eq!(onward.extra("Lineage"), Some("a:1|b:2"));
    drop(segment);
    let documents = daemon.documents();
    let shop = named(&documents, "shop");
    assert_eq!(
        (&shop["trace_id"], &shop["parent_id"]),
        (&json!(ROOT), &json!(PARENT))
    );

    let (daemon, recorder) = everything();
    let refused = format!("Root={ROOT};Parent={PARENT};Sampled=0;Foo=bar");
    let segment = recorder.segment_of("shop", Some(&header(&refused)), Request::default());
    assert_eq!(segment.trace_header().unwrap().to_string(), refused);
    segment.in_scope(|| drop(subsegment("load")));
    drop(segment);
    assert_eq!(daemon.came(), []);
}

#[test]
fn the_rules_decide_where_the_caller_did_not_and_it_is_told_when_it_asked() {
    for (text, rate, answer) in [
        (
            format!("Root={ROOT};Sampled=?"),
            1,
            format!("Root={ROOT};Sampled=1"),
        ),
        (
            format!("Root={ROOT};Sampled=?"),
            0,
            format!("Root={ROOT};Sampled=0"),
        ),
        (format!("Root={ROOT}"), 1, format!("Root={ROOT}")),
        (format!("Root={ROOT}"), 0, format!("Root={ROOT}")),
    ] {
        let (daemon, recorder) = recording(rules(rate), &[]);
        let segment = recorder.segment_of("shop", Some(&header(&text)), Request::default());
        assert_eq!(
            segment.answer().unwrap().to_string(),
            answer,
            "{text} at {rate}"
        );
        let onward = segment.trace_header().unwrap().to_string();
        assert!(onward.ends_with(&format!("Sampled={rate}")), "{onward}");
        drop(segment);
        assert_eq!(daemon.documents().len(), usize::from(rate), "{text}");
    }
}

#[test]
fn a_variable_names_all_segments() {
    let (daemon, recorder) = recording(rules(1), &[("AWS_XRAY_TRACING_NAME", "everything")]);
    drop(recorder.segment("one"));
    named(&daemon.documents(), "everything");
}

#[test]
fn turned_off_it_passes_headers_on_as_they_came() {
    let (daemon, recorder) = recording(rules(1), &[("AWS_XRAY_SDK_DISABLED", "true")]);
    let text = format!("Root={ROOT};Sampled=?");
    let segment = recorder.segment_of("shop", Some(&header(&text)), Request::default());
    assert_eq!(segment.trace_header().unwrap().to_string(), text);
    drop(segment);
    let segment = recorder.segment("shop");
    assert_eq!(segment.trace_header(), None);
    drop(segment);
    assert_eq!(daemon.came(), []);
}

#[tokio::test]
async fn an_error_is_the_segments_cause() {
    let (daemon, recorder) = everything();
    let work = async { Err::<(), _>(std::io::Error::other("no paper")) };
    work.capture(recorder.segment("print")).await.unwrap_err();
    let documents = daemon.documents();
    let print = named(&documents, "print");
    assert_eq!(
        (&print["fault"], &print["cause"]["exceptions"][0]["message"]),
        (&json!(true), &json!("no paper"))
    );
}

#[test]
fn a_panic_is_the_segments_cause() {
    let (daemon, recorder) = everything();
    let panicked = std::panic::catch_unwind(|| {
        let segment = recorder.segment("print");
        segment.in_scope(|| panic!("out of toner"));
    });
    assert!(panicked.is_err());
    let documents = daemon.documents();
    let exception = &named(&documents, "print")["cause"]["exceptions"][0];
    assert_eq!(
        (&exception["type"], &exception["message"]),
        (&json!("panic"), &json!("out of toner"))
    );
}

#[test]
fn a_long_one_shows_while_it_is_in_progress() {
    let (daemon, recorder) = everything();
    let segment = recorder.segment("import");
    segment.annotate("file", "a.csv");
    segment.send_in_progress();
    let documents = daemon.documents();
    let open = named(&documents, "import");
    assert_eq!(
        (&open["in_progress"], &open["annotations"]["file"]),
        (&json!(true), &json!("a.csv"))
    );
    let id = open["id"].clone();
    drop(segment);
    let documents = daemon.documents();
    let closed = named(&documents, "import");
    assert_eq!((&closed["id"], &closed["in_progress"]), (&id, &Value::Null));
}

#[tokio::test]
async fn work_without_sampling_is_in_no_trace_and_asks_for_none() {
    let (daemon, recorder) = everything();
    let segment = recorder.segment("worker");
    let id = segment.id().unwrap();
    let poll = async {
        drop(subsegment("poll"));
        trace_header().unwrap().to_string()
    };
    let quiet = segment.without_sampling();
    let onward = poll.in_context(quiet).await;
    let root = segment.trace_id().unwrap();
    assert_eq!(onward, format!("Root={root};Parent={id};Sampled=0"));
    drop(segment);
    assert_eq!(daemon.documents().len(), 1);
}

#[test]
fn what_came_before_is_named() {
    let (daemon, recorder) = everything();
    let segment = recorder.segment("job");
    let load = segment.subsegment("load");
    let loaded = load.id().unwrap();
    drop(load);
    segment.subsegment("rank").precursor(loaded);
    drop(segment);
    let documents = daemon.documents();
    assert_eq!(
        named(&documents, "rank")["precursor_ids"],
        json!([loaded.to_string()])
    );
    assert!(Context::current().id().is_none());
}

#[cfg(feature = "logs")]
#[test]
fn log_lines_of_a_segment_name_no_request() {
    let (_daemon, recorder) = everything();
    let segment = recorder.segment("job");
    let fields = segment
        .in_scope(lambda_xray::logs::Fields::current)
        .unwrap();
    let (trace, id) = (segment.trace_id().unwrap(), segment.id().unwrap());
    assert_eq!(
        fields.to_string(),
        format!("xray_trace_id={trace} segment_id={id}")
    );
    assert_eq!(
        serde_json::to_value(fields).unwrap(),
        json!({ "xray_trace_id": trace, "segment_id": id })
    );
}

//! What is told, in the platform's own words.

use super::*;

fn parse(element: &str) -> Record {
    let records = Record::parse_batch(format!("[{element}]").as_bytes());
    records.into_iter().next().unwrap()
}

#[test]
fn a_bad_element_does_not_take_its_neighbours() {
    let batch = br#"[
            {"type":"platform.initStart","record":{"anything":1}},
            {"type":"platform.runtimeDone","record":{"requestId":7}},
            {"type":"platform.runtimeDone"},
            17,
            {"record":{}},
            {"time":"x","type":"platform.runtimeDone","record":{"requestId":"a","status":"success","more":[]},"more":1}
        ]"#;
    let done = Record::RuntimeDone {
        request_id: "a".to_owned(),
        ending: Ending::default(),
    };
    assert_eq!(Record::parse_batch(batch), [Record::Other, done]);
    for batch in [&b"not json"[..], b"{}", b"[", b"\xff"] {
        assert_eq!(Record::parse_batch(batch), []);
    }
}

#[test]
fn how_an_invocation_ended() {
    let record = parse(
        r#"{"time":"2023-11-14T22:13:23.500Z","type":"platform.runtimeDone","record":{"requestId":"a","status":"error","errorType":"Runtime.ExitError",
            "metrics":{"durationMs":3000.5},"spans":[{"name":"responseLatency","start":"2023-11-14T22:13:20Z","durationMs":1.5},{"name":"bad"}],
            "tracing":{"spanId":"53995c3f42cd8ad9","type":"X-Amzn-Trace-Id","value":"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}}}"#,
    );
    let Record::RuntimeDone { ending, .. } = record else {
        unreachable!("{record:?}")
    };
    assert_eq!(ending.error_type.as_deref(), Some("Runtime.ExitError"));
    assert_eq!(ending.duration, Some(Duration::from_micros(3_000_500)));
    assert_eq!(ending.at, Timestamp::from_seconds(1_700_000_003.5));
    assert!(ending.failed);
    assert_eq!(ending.spans.len(), 1);
    assert_eq!(
        ending.spans[0].start,
        Timestamp::from_seconds(1_700_000_000.0).unwrap()
    );
    let parent = ending.trace.unwrap().parent.unwrap();
    assert_eq!(parent.to_string(), "53995c3f42cd8ad9");
}

#[test]
fn what_an_invocation_took() {
    let record = parse(
        r#"{"type":"platform.report","record":{"requestId":"a","status":"error","metrics":{"durationMs":1.0,"billedDurationMs":2,"memorySizeMB":128,"maxMemoryUsedMB":128,"initDurationMs":-4}}}"#,
    );
    let Record::Report { usage, .. } = record else {
        unreachable!("{record:?}")
    };
    assert_eq!(usage.billed, Some(Duration::from_millis(2)));
    assert!(usage.memory.unwrap().is_used_up());
    assert_eq!(usage.init, None);
}

#[test]
fn how_a_runtime_exited() {
    for (line, expected) in [
        (
            "RequestId: a Error: Runtime exited with error: signal: killed\\nRuntime.ExitError\\n",
            "signal: killed",
        ),
        (
            "RequestId: a Error: Runtime exited without providing a reason",
            "without providing a reason",
        ),
        (
            "RequestId: a Process exited before completing request",
            "before completing the request",
        ),
    ] {
        for kind in ["platform.fault", "function"] {
            let record = parse(&format!(r#"{{"type":"{kind}","record":"{line}"}}"#));
            let expected = Record::Fault {
                request_id: Some("a".to_owned()),
                reason: expected.to_owned(),
            };
            assert_eq!(record, expected);
        }
    }
}

#[test]
fn what_a_function_wrote() {
    let line = |request_id: Option<&str>, message: &str| {
        Record::Line(Line {
            at: Timestamp::from_seconds(1_700_000_000.0),
            request_id: request_id.map(str::to_owned),
            message: message.to_owned(),
        })
    };
    let time = r#""time":"2023-11-14T22:13:20.000Z","type":"function""#;
    assert_eq!(
        parse(&format!(r#"{{{time},"record":"hello\n"}}"#)),
        line(None, "hello")
    );
    assert_eq!(
        parse(&format!(r#"{{{time},"record":{{"requestId":"a"}}}}"#)),
        line(Some("a"), r#"{"requestId":"a"}"#)
    );
    assert_eq!(
        parse(r#"{"type":"platform.restoreStart","record":{}}"#),
        Record::Restored
    );
}

//! What functions printed is found beside their traces, by trace id and by request id.

use serde_json::{Value, json};

use crate::documents::{START, TRACE, segment, trace_id};
use crate::service::Service;

fn event(at: f64, request: Option<&str>, trace: Option<&str>, message: &str) -> Value {
    json!({ "Time": START + at, "RequestId": request, "TraceId": trace, "Function": "shop", "Message": message })
}

async fn logs(service: &Service, traces: &[&str]) -> Value {
    service
        .call("/GetLogs", &json!({ "TraceIds": traces }))
        .await
}

#[tokio::test]
async fn events_join_a_trace_by_its_id_or_by_an_invocation_it_names_in_the_order_of_time() {
    let service = Service::start().await;
    let aws = json!({ "aws": { "request_id": "request-1" } });
    let web = segment("1000000000000001", "web", (0.0, 1.0), aws);
    service.put(&[web]).await;
    let by_request = event(0.5, Some("request-1"), None, "second");
    let by_trace = event(0.25, None, Some(TRACE), "first");
    let by_both = event(0.75, Some("request-1"), Some(TRACE), "third\nof two lines");
    let of_another = event(0.1, Some("request-2"), Some(&trace_id(7)), "elsewhere");
    let of_nobody = event(0.2, None, None, "at init");
    let all = json!({ "LogEvents": [by_request, of_another, by_both, of_nobody, by_trace] });
    assert_eq!(service.call("/PutLogs", &all).await, json!({}));

    let found = logs(&service, &[TRACE]).await;
    let expected = [by_trace, by_request, by_both];
    assert_eq!(
        found,
        json!({ "LogEvents": expected, "LimitExceeded": false })
    );
    let other = trace_id(7);
    let found = logs(&service, &[&other]).await;
    assert_eq!(found["LogEvents"], json!([of_another]));
    let both = logs(&service, &[TRACE, &other, TRACE]).await;
    assert_eq!(both["LogEvents"].as_array().unwrap().len(), 4);
    assert_eq!(
        logs(&service, &[&trace_id(8)]).await["LogEvents"],
        json!([])
    );
}

#[tokio::test]
async fn a_trace_that_printed_too_much_shows_its_first_events_and_says_so() {
    let service = Service::start().await;
    let most = xray_local::limits::LOG_EVENTS;
    let last = u32::try_from(most).unwrap();
    let line = |number: u32| event(-f64::from(number), None, Some(TRACE), "line");
    let all: Vec<_> = (0..=last).map(line).collect();
    service.call("/PutLogs", &json!({ "LogEvents": all })).await;
    let found = logs(&service, &[TRACE]).await;
    assert_eq!(found["LimitExceeded"], true);
    let events = found["LogEvents"].as_array().unwrap();
    assert_eq!(events.len(), most);
    assert_eq!(events[0], all[most], "the earliest");
}

#[tokio::test]
async fn an_event_that_is_none_refuses_the_call_and_keeps_nothing_of_it() {
    let service = Service::start().await;
    let good = event(0.0, None, Some(TRACE), "good");
    for bad in [
        json!({ "Time": 1.0 }),
        json!({ "Message": "when?" }),
        event(0.0, None, Some("1-no-trace"), ""),
        event(0.0, Some(&"x".repeat(1000)), None, ""),
    ] {
        let events = json!({ "LogEvents": [good, bad] });
        let answer = service.post("/PutLogs", events.to_string()).await;
        assert_eq!(answer.status, 400, "{bad}");
    }
    assert_eq!(logs(&service, &[TRACE]).await["LogEvents"], json!([]));
}

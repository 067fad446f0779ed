//! Where nothing is recorded: nothing is emitted, nothing allocated, and the header goes on as it came.

use allocation_counter::measure;
use lambda_xray::{Context, XrayLayer, subsegment, trace_header};
use serde_json::Value;

use crate::receiver::{Came, Receiver};
use crate::world::{ROOT, SAMPLED, context, invoke, layer, welcomed};

/// Everything a handler may do with a subsegment whose values cost nothing themselves.
fn work() {
    let charge = subsegment("charge");
    charge.annotate("order", "42");
    charge.annotate("amount", 99);
    charge.metadata("cart", "three items");
    charge.user("ada");
    charge.fail(&std::fmt::Error);
    let inner = charge.subsegment("inner");
    inner.in_scope(|| drop(subsegment("innermost")));
}

fn handler() -> Value {
    let allocated = measure(work);
    assert_eq!(allocated.count_total, 0);
    assert!(!Context::current().is_recorded());
    Value::from(trace_header().map(|header| header.to_string()))
}

async fn check(
    receiver: &Receiver,
    layer: &XrayLayer,
    header: Option<&str>,
    sent_on: Option<&str>,
) {
    let answer = invoke(layer, context("r1", header), |_| async { Ok(handler()) }).await;
    assert_eq!(answer.unwrap(), Value::from(sent_on), "{header:?}");
    assert_eq!(receiver.came(), [Came::End("r1".to_owned())]);
}

#[tokio::test]
async fn nothing_is_emitted_or_allocated_and_the_header_goes_on() {
    let (receiver, layer) = welcomed();
    let root = format!("Root={ROOT}");
    let lineage = format!("Root={ROOT};Lineage=a:1|b:2");
    let unsampled = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:1");
    let asked = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=?");
    for header in [&root, &lineage, &unsampled, &asked] {
        check(&receiver, &layer, Some(header), Some(header)).await;
    }
    check(&receiver, &layer, None, None).await;
    check(&receiver, &layer, Some(";;no header="), None).await;
}

#[test]
fn outside_of_a_handler_it_is_the_same() {
    // The first one is told of.
    work();
    assert_eq!(measure(work).count_total, 0);
    assert_eq!(trace_header(), None);
    assert_eq!(Context::current().trace_id(), None);
}

#[tokio::test]
async fn where_tracing_is_turned_off_the_header_goes_on_as_it_came() {
    let receiver = Receiver::bind();
    let layer = layer(&[
        ("XRAY_EXTENSION_ADDRESS", &receiver.address()),
        ("AWS_XRAY_SDK_DISABLED", "true"),
    ]);
    let sampled = context("r1", Some(SAMPLED));
    let answer = invoke(&layer, sampled, |_| async {
        assert!(!Context::current().is_recorded());
        let header = trace_header().unwrap().to_string();
        assert_eq!(header, SAMPLED);
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert!(receiver.documents().is_empty());
}

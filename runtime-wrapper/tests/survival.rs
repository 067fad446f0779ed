//! What the extension knows of a function that will not come to its end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_xray::subsegment;
use serde_json::{Value, json};

use crate::receiver::{Came, Receiver};
use crate::world::{SAMPLED, context, invoke, layer, welcomed};

fn is_open(came: &Came, name: &str) -> bool {
    matches!(came, Came::Open(open) if open["name"] == name && open["in_progress"] == true)
}

#[tokio::test]
async fn what_stays_open_is_told_of_while_the_handler_blocks_its_thread() {
    let (receiver, layer) = welcomed();
    for request in ["r1", "r2"] {
        let answer = invoke(&layer, context(request, Some(SAMPLED)), |_| async {
            let _short = subsegment("short");
            let lasting = subsegment("lasting");
            lasting.annotate("order", "42");
            let told = receiver.wait_for(|came| is_open(came, "lasting"));
            let Came::Open(open) = told else { panic!() };
            assert_eq!(open["annotations"], json!({"order": "42"}));
            Ok(Value::Null)
        });
        answer.await.unwrap();
        assert_eq!(receiver.documents().len(), 3);
    }
}

#[tokio::test]
async fn an_extension_that_answers_during_the_first_invocation_is_told_of_what_is_open() {
    let receiver = Receiver::bind();
    let layer = layer(&[("XRAY_EXTENSION_ADDRESS", &receiver.address())]);
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        let _lasting = subsegment("lasting");
        receiver.welcome();
        receiver.wait_for(|came| is_open(came, "lasting"));
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(receiver.documents().len(), 2);
}

#[tokio::test]
async fn shortly_before_the_deadline_all_is_told_as_it_is() {
    let (receiver, layer) = welcomed();
    let mut context = context("r1", Some(SAMPLED));
    let deadline = SystemTime::now() + Duration::from_millis(150);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap();
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    let answer = invoke(&layer, context, |_| async {
        let waiting = subsegment("waiting");
        receiver.wait_for(|came| is_open(came, "waiting"));
        waiting.annotate("page", 7);
        let told = receiver.wait_for(|came| is_open(came, "waiting"));
        let Came::Open(open) = told else { panic!() };
        assert_eq!(open["annotations"], json!({"page": 7}));
        Ok(Value::Null)
    });
    answer.await.unwrap();
}

#[tokio::test]
async fn one_that_is_too_large_to_tell_is_told_without_its_metadata() {
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        let big = subsegment("big");
        big.metadata("blob", "x".repeat(200_000));
        let told = receiver.wait_for(|came| is_open(came, "big"));
        let Came::Open(open) = told else { panic!() };
        assert_eq!(open["metadata"]["default"].get("blob"), None);
        Ok(Value::Null)
    });
    answer.await.unwrap();
}

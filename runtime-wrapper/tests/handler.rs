//! The function subsegment: one an invocation, with what became of it.

use std::fmt;
use std::future::pending;

use lambda_runtime::tower::Layer;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, LambdaInvocation, Service, service_fn};
use lambda_xray::subsegment;
use serde_json::{Value, json};

use crate::receiver::{Came, named};
use crate::world::{PARENT, ROOT, SAMPLED, context, invoke, layer, welcomed};

async fn nothing(_: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(Value::Null)
}

/// What `run_concurrent` and other layers ask of a service and its future.
fn is_usable<S: Service<LambdaEvent<Value>> + Clone + fmt::Debug + Send + 'static>(_: &S)
where
    S::Future: Send + fmt::Debug,
{
}

#[test]
fn the_layer_its_service_and_its_future_can_be_cloned_sent_and_printed() {
    fn is_shared<L: Clone + fmt::Debug + Send + Sync + 'static>(_: &L) {}
    let layer = layer(&[]);
    is_shared(&layer);
    is_usable(&layer.layer(service_fn(nothing)));
}

#[tokio::test]
async fn says_which_function_which_request_and_whether_it_started_cold() {
    let (receiver, layer) = welcomed();
    for (request, cold) in [("r1", true), ("r2", false)] {
        let answer = invoke(&layer, context(request, Some(SAMPLED)), nothing).await;
        assert_eq!(answer.unwrap(), Value::Null);
        let [Came::Open(open), Came::Document(document), Came::End(end)] = &receiver.came()[..]
        else {
            panic!("not an open, a document and an end")
        };
        assert_eq!(open["in_progress"], true);
        assert_eq!(open["id"], document["id"]);
        assert_eq!(end, request);
        assert_eq!(document["name"], "orders");
        assert_eq!(document["trace_id"], ROOT);
        assert_eq!(document["parent_id"], PARENT);
        assert_eq!(document["type"], "subsegment");
        assert_eq!(document["annotations"]["ColdStart"], cold);
        assert_eq!(document["aws"]["request_id"], request);
        assert!(document["end_time"].as_f64() >= document["start_time"].as_f64());
        assert_eq!(document.get("fault"), None);
    }
}

#[tokio::test]
async fn an_invocation_that_is_not_sampled_may_be_the_cold_one() {
    let (receiver, layer) = welcomed();
    invoke(&layer, context("r1", None), nothing).await.unwrap();
    assert_eq!(receiver.came(), [Came::End("r1".to_owned())]);
    let sampled = context("r2", Some(SAMPLED));
    invoke(&layer, sampled, nothing).await.unwrap();
    assert_eq!(receiver.documents()[0]["annotations"]["ColdStart"], false);
}

#[derive(Debug)]
struct Declined(std::num::ParseIntError);

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("card declined")
    }
}

impl std::error::Error for Declined {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn an_error_is_a_fault_with_its_sources_as_linked_exceptions() {
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        let source = "4x2".parse::<u8>().unwrap_err();
        Err(Declined(source).into())
    });
    assert!(answer.await.unwrap_err().is::<Declined>());
    let document = &receiver.documents()[0];
    let exceptions = &document["cause"]["exceptions"];
    assert_eq!(document["fault"], true);
    assert_eq!(exceptions[0]["type"], "Declined");
    assert_eq!(exceptions[0]["message"], "card declined");
    assert_eq!(exceptions[0]["cause"], exceptions[1]["id"]);
    assert_eq!(exceptions[1]["type"], "ParseIntError");
    assert_eq!(exceptions[1].get("cause"), None);
}

#[tokio::test]
async fn an_error_of_any_type_passes_through() {
    let (receiver, layer) = welcomed();
    let mut service = layer.layer(service_fn(|_: LambdaEvent<()>| async {
        Err::<(), _>(Diagnostic {
            error_type: "Declined".to_owned(),
            error_message: "card declined".to_owned(),
        })
    }));
    let event = LambdaEvent::new((), context("r1", Some(SAMPLED)));
    assert_eq!(
        service.call(event).await.unwrap_err().error_type,
        "Declined"
    );
    let exception = &receiver.documents()[0]["cause"]["exceptions"][0];
    assert_eq!(exception["type"], "Declined");
    assert_eq!(exception["message"], "card declined");
}

#[tokio::test]
async fn a_panic_is_a_fault_of_all_it_passes_and_goes_on() {
    let (receiver, layer) = welcomed();
    let panicking = tokio::spawn(async move {
        invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
            let _within = subsegment("within");
            panic!("out of {}", "cheese");
        })
        .await
    });
    assert!(panicking.await.unwrap_err().is_panic());
    let came = receiver.came();
    assert_eq!(came.last(), Some(&Came::End("r1".to_owned())));
    let documents: Vec<_> = came
        .into_iter()
        .filter_map(|came| match came {
            Came::Document(document) => Some(document),
            _ => None,
        })
        .collect();
    assert_eq!(documents.len(), 2);
    for document in &documents {
        let exception = &document["cause"]["exceptions"][0];
        assert_eq!(document["fault"], true);
        assert_eq!(exception["type"], "panic");
        assert_eq!(exception["message"], "out of cheese");
        let path = exception["stack"][0]["path"].as_str().unwrap();
        assert!(path.ends_with("handler.rs"), "{path}");
    }
}

#[tokio::test]
async fn a_panic_before_there_is_a_future_is_told_too() {
    let (receiver, layer) = welcomed();
    let panicking = tokio::spawn(async move {
        let early = |_| -> std::future::Ready<Result<Value, Error>> { panic!("too early") };
        invoke(&layer, context("r1", Some(SAMPLED)), early).await
    });
    assert!(panicking.await.unwrap_err().is_panic());
    let exception = &receiver.documents()[0]["cause"]["exceptions"][0];
    assert_eq!(exception["message"], "too early");
}

#[tokio::test]
async fn an_invocation_that_is_dropped_ends() {
    let (receiver, layer) = welcomed();
    let waiting = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        let _open = subsegment("open");
        pending().await
    });
    let waited = tokio::time::timeout(std::time::Duration::from_millis(1), waiting).await;
    assert!(waited.is_err());
    let came = receiver.came();
    assert_eq!(came.last(), Some(&Came::End("r1".to_owned())));
    assert!(
        matches!(&came[came.len() - 2], Came::Document(function) if function["name"] == "orders")
    );
}

fn invocation(request_id: &str) -> LambdaInvocation {
    LambdaInvocation {
        parts: http::Response::new(()).into_parts().0,
        body: bytes::Bytes::new(),
        context: context(request_id, Some(SAMPLED)),
    }
}

/// As the runtime does: reads the event, calls the handler, and makes a response of its error.
fn runtime(
    handler: impl Service<LambdaEvent<Value>, Error = Error> + Clone,
) -> impl Service<LambdaInvocation, Response = (), Error = Error> {
    service_fn(move |invocation: LambdaInvocation| {
        let called = handler
            .clone()
            .call(LambdaEvent::new(Value::Null, invocation.context));
        async move {
            let _ = called.await;
            let _posted = subsegment("posted");
            Ok(())
        }
    })
}

#[tokio::test]
async fn around_the_invocation_alone_it_sees_no_error() {
    let (receiver, layer) = welcomed();
    let failing = service_fn(|_| async { Err::<Value, _>(Error::from("no")) });
    let mut service = layer.layer(runtime(failing));
    service.call(invocation("r1")).await.unwrap();
    let documents = receiver.documents();
    assert_eq!(documents.len(), 2);
    assert_eq!(named(&documents, "orders").get("fault"), None);
}

#[tokio::test]
async fn around_both_there_is_one_function_subsegment_with_the_error() {
    let (receiver, layer) = welcomed();
    let failing = service_fn(|_| async {
        let _work = subsegment("work");
        Err::<Value, _>(Error::from("no"))
    });
    let mut service = layer.layer(runtime(layer.layer(failing)));
    for (request, cold) in [("r1", true), ("r2", false)] {
        service.call(invocation(request)).await.unwrap();
        let came = receiver.came();
        let ends = came.iter().filter(|came| matches!(came, Came::End(_)));
        assert_eq!(ends.count(), 1);
        assert_eq!(came.last(), Some(&Came::End(request.to_owned())));
        let documents: Vec<_> = came
            .iter()
            .filter_map(|came| match came {
                Came::Document(document) => Some(document.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(documents.len(), 3);
        let function = named(&documents, "orders");
        assert_eq!(function["annotations"], json!({"ColdStart": cold}));
        assert_eq!(function["cause"]["exceptions"][0]["message"], "no");
        for name in ["work", "posted"] {
            assert_eq!(named(&documents, name)["parent_id"], function["id"]);
        }
    }
}

#[tokio::test]
async fn the_header_of_the_process_counts_where_the_invocation_has_none_and_is_alone() {
    let other = SAMPLED.replace(PARENT, "aaaaaaaaaaaaaaaa");
    let receiver = crate::receiver::Receiver::bind();
    let address = receiver.address();
    let mut variables = vec![
        ("XRAY_EXTENSION_ADDRESS", address.as_str()),
        ("_X_AMZN_TRACE_ID", &other),
    ];
    let alone = layer(&variables);
    invoke(&alone, context("r1", None), nothing).await.unwrap();
    assert_eq!(receiver.documents()[0]["parent_id"], "aaaaaaaaaaaaaaaa");
    let own = context("r2", Some(SAMPLED));
    invoke(&alone, own, nothing).await.unwrap();
    assert_eq!(receiver.documents()[0]["parent_id"], PARENT);
    variables.push(("AWS_LAMBDA_MAX_CONCURRENCY", "4"));
    let concurrent = layer(&variables);
    let none = context("r3", None);
    invoke(&concurrent, none, nothing).await.unwrap();
    assert!(receiver.documents().is_empty());
}

#[tokio::test]
async fn the_function_subsegment_names_the_log_group() {
    let (receiver, layer) = welcomed();
    let mut lambda = context("r1", Some(SAMPLED));
    lambda.env_config = std::sync::Arc::new(lambda_runtime::Config {
        log_group: "/aws/lambda/orders".to_owned(),
        ..lambda_runtime::Config::default()
    });
    let answer = invoke(&layer, lambda, |_| async { Ok(Value::Null) });
    answer.await.unwrap();
    let logs = &receiver.documents()[0]["aws"]["cloudwatch_logs"];
    assert_eq!(*logs, json!([{"log_group": "/aws/lambda/orders"}]));
}

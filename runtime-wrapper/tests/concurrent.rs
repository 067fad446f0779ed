//! Several invocations at once, as on Lambda Managed Instances: clones of one service, each in its own worker.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use lambda_runtime::tower::Layer;
use lambda_runtime::{Error, LambdaEvent, Service, service_fn};
use lambda_xray::{Context, FutureExt, subsegment};
use serde_json::Value;
use tokio::sync::Barrier;

use crate::receiver::Came;
use crate::world::{context, welcomed};

const WORKERS: usize = 4;
const EACH: usize = 10;

fn trace(worker: usize, number: usize) -> String {
    format!("1-5759e988-{worker:012}{number:012}")
}

async fn handler(event: LambdaEvent<Arc<Barrier>>) -> Result<String, Error> {
    let work = async {
        // All workers are within their invocations, then mixed among the threads.
        event.payload.wait().await;
        let _inner = subsegment("inner");
        tokio::task::yield_now().await;
    };
    work.in_subsegment(subsegment("outer")).await;
    let trace = Context::current().trace_id();
    Ok(trace.map(|id| id.to_string()).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invocations_do_not_mix_and_one_is_cold() {
    let (receiver, layer) = welcomed();
    let service = layer.layer(service_fn(handler));
    let barrier = Arc::new(Barrier::new(WORKERS));
    let (receiver, came) = (Arc::new(receiver), Arc::new(Mutex::new(Vec::new())));
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (mut service, barrier) = (service.clone(), barrier.clone());
            let (receiver, came) = (receiver.clone(), came.clone());
            tokio::spawn(async move {
                for number in 0..EACH {
                    let trace = trace(worker, number);
                    let header = format!("Root={trace};Parent=53995c3f42cd8ad8;Sampled=1");
                    let context = context(&format!("{worker}-{number}"), Some(&header));
                    let event = LambdaEvent::new(barrier.clone(), context);
                    assert_eq!(service.call(event).await.unwrap(), trace);
                    // Read as they come: a socket holds a hundred or two.
                    came.lock().unwrap().extend(receiver.came());
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    check(&came.lock().unwrap());
}

fn check(came: &[Came]) {
    let mut traces: HashMap<&str, HashMap<&str, &Value>> = HashMap::new();
    let mut ends = HashSet::new();
    for came in came {
        match came {
            Came::Document(document) => {
                let text = |field: &str| document[field].as_str().unwrap();
                let trace = traces.entry(text("trace_id")).or_default();
                assert!(trace.insert(text("name"), document).is_none());
            }
            Came::End(request) => assert!(ends.insert(request)),
            Came::Hello | Came::Open(_) => {}
        }
    }
    assert_eq!((traces.len(), ends.len()), (WORKERS * EACH, WORKERS * EACH));
    let mut cold = 0;
    for trace in traces.values() {
        assert_eq!(trace["inner"]["parent_id"], trace["outer"]["id"]);
        assert_eq!(trace["outer"]["parent_id"], trace["orders"]["id"]);
        cold += usize::from(trace["orders"]["annotations"]["ColdStart"] == true);
    }
    assert_eq!(cold, 1);
}

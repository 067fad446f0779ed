//! Whatever is kept of graphs, what is told is what the traces say.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use xray_segment::{EntityId, TraceId};

use super::{each_minute, graph, of_traces, sum_up};
use crate::compile::Entity;
use crate::graph::Graph;
use crate::insight::Minute;
use crate::store::{Accepted, Body, Cutoff, Snapshot, Store, StoreError, Stretch};

/// A whole hour, epoch seconds.
const START: f64 = 1_795_420_800.0;

#[derive(Clone, Debug)]
enum Step {
    /// A document of a trace, at its own place or late, before or after.
    Put(Document),
    /// The background has had time for so many turns.
    SumUp(usize),
    /// The oldest traces go.
    Forget(i64),
    /// Somebody asks, in seconds after the start.
    Ask(f64, f64),
}

#[derive(Clone, Debug)]
struct Document {
    trace: u8,
    id: u8,
    parent: u8,
    start: f64,
    took: f64,
    fault: bool,
    in_progress: bool,
}

fn any_document() -> impl Strategy<Value = Document> {
    let times = (prop_oneof![0.0..200.0, 0.0..9000.0], 0.0..3.0);
    (0_u8..12, 1_u8..5, 0_u8..5, times, any::<[bool; 2]>()).prop_map(
        |(trace, id, parent, (start, took), [fault, in_progress])| Document {
            trace,
            id,
            parent,
            start,
            took,
            fault,
            in_progress,
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    let whole = (0_u16..180).prop_map(|it| f64::from(it) * 60.0);
    let time = prop_oneof![whole, 0.0..10_000.0];
    prop_oneof![
        6 => any_document().prop_map(Step::Put),
        2 => (1_usize..4).prop_map(Step::SumUp),
        1 => (1_i64..3).prop_map(Step::Forget),
        2 => (time.clone(), time).prop_map(|(from, to)| Step::Ask(from.min(to), from.max(to))),
    ]
}

impl Document {
    fn to_json(&self) -> Value {
        let mut fields = json!({
            "id": format!("{:016x}", self.id), "name": format!("service-{}", self.id % 3), "trace_id": trace_id(self.trace),
            "start_time": START + self.start,
        });
        if self.in_progress {
            fields["in_progress"] = json!(true);
        } else {
            fields["end_time"] = json!(START + self.start + self.took);
        }
        if self.parent > 0 {
            fields["parent_id"] = json!(format!("{:016x}", self.parent));
        }
        if self.fault {
            fields["fault"] = json!(true);
        }
        fields
    }

    fn accepted(&self) -> Accepted {
        let json = self.to_json();
        let entity = Entity::new(&json);
        let start = entity.start().unwrap();
        Accepted {
            trace: TraceId::parse(&trace_id(self.trace)).unwrap(),
            id: EntityId::parse(&format!("{:016x}", self.id)).unwrap(),
            in_progress: self.in_progress,
            start,
            end: entity.end().unwrap_or(start),
            body: Body::new(json.to_string()),
            marks: Vec::new(),
        }
    }
}

fn trace_id(number: u8) -> String {
    format!("1-6502e9a0-{number:024x}")
}

fn services(graph: Graph) -> Value {
    serde_json::to_value(graph.into_services()).unwrap()
}

/// The graph of a range by what is kept, and by the traces alone.
fn both(snapshot: &Snapshot<'_>, from: f64, to: f64) -> [Value; 2] {
    let (from, to) = (START + from, START + to);
    [
        services(graph(snapshot, from, to).unwrap()),
        services(of_traces(snapshot, from, to).unwrap()),
    ]
}

/// How services did in all minutes.
fn minutes(snapshot: &Snapshot<'_>) -> [String; 2] {
    let first = 29_923_680;
    let (mut kept, mut compiled) = (Minute::default(), Minute::default());
    each_minute(snapshot, (first, first + 300), |_, graph| kept.add(graph)).unwrap();
    compiled.add(&of_traces(snapshot, START, START + 18_000.0).unwrap());
    [kept, compiled].map(|it| format!("{it:?}"))
}

/// The hours of which there is a graph.
fn hours(snapshot: &Snapshot<'_>) -> Vec<i64> {
    let mut found = Vec::new();
    let add = |hour: Stretch, _: &dyn Fn() -> Result<Vec<u8>, StoreError>| {
        found.push(hour.ends().0);
        Ok(())
    };
    snapshot.each_graph(60, (0, i64::MAX), add).unwrap();
    found
}

async fn run(store: &Store, steps: Vec<Step>) {
    for (now, step) in (1_u32..).map(f64::from).zip(steps) {
        match step {
            Step::Put(document) => store.put(vec![document.accepted()], now).await.unwrap(),
            Step::SumUp(turns) => {
                for _ in 0..turns {
                    sum_up(store, now).await.unwrap();
                }
            }
            Step::Forget(traces) => {
                let forget = store.change(move |shelf| shelf.forget(Cutoff(now), traces));
                forget.await.unwrap();
            }
            Step::Ask(from, to) => {
                let [kept, compiled] = (store.read(move |it| Ok(both(it, from, to))))
                    .await
                    .unwrap();
                assert_eq!(kept, compiled, "{from} to {to}");
            }
        }
    }
    while sum_up(store, f64::MAX).await.unwrap() {}
    let [kept, compiled] = (store.read(|it| Ok(both(it, 0.0, 18_000.0))))
        .await
        .unwrap();
    assert_eq!(kept, compiled);
    let [kept, compiled] = store.read(|it| Ok(minutes(it))).await.unwrap();
    assert_eq!(kept, compiled);
    let (hours, waits) = store
        .read(|it| Ok((hours(it), it.shelf().has_changed_minutes()?)))
        .await
        .unwrap();
    assert!(
        !waits && hours.is_empty() == (compiled == format!("{:?}", Minute::default())),
        "{hours:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn kept_graphs_say_what_the_traces_say(steps in vec(any_step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("traces.db")).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(run(&store, steps));
    }
}

//! An invocation that is running: begun from its trace header, ended when this is dropped.

use std::any::Any;
use std::cell::Cell;
use std::sync::Arc;

use lambda_runtime::Context as LambdaContext;
use xray_segment::document::{Aws, CloudWatchLogs, XRay};
use xray_segment::{Decision, EntityId, TraceHeader};

use super::XrayLayer;
use crate::emit::Emitter;
use crate::held::Place;
use crate::init;
use crate::invocation::{Invocation, Sink};
use crate::recording::Recording;
use crate::{Context, Subsegment, panic};

thread_local! {
    static BEGUN: Cell<u64> = const { Cell::new(0) };
}

/// How many invocations this thread has seen begin, within others or not.
pub(super) fn begun() -> u64 {
    BEGUN.try_with(Cell::get).unwrap_or_default()
}

/// The context of the invocation, and what has to be done at its end.
#[derive(Debug)]
pub(super) struct Running {
    context: Context,
    /// Where this layer is the outermost; the function subsegment closes before the invocation ends.
    owned: Option<Subsegment>,
}

impl Running {
    pub(super) fn begin(layer: &XrayLayer, lambda: &LambdaContext) -> Self {
        let _ = BEGUN.try_with(|begun| begun.set(begun.get().wrapping_add(1)));
        let current = Context::current();
        let outer = current.invocation().map(|outer| outer.request_id.as_ref());
        if outer == Some(Some(&lambda.request_id)) {
            return Self {
                context: current,
                owned: None,
            };
        }
        let function = function_subsegment(layer, lambda);
        Self {
            context: function.clone(),
            owned: Some(function),
        }
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    pub(super) fn panicked(&self, payload: &(dyn Any + Send)) {
        if self.context.is_recorded() {
            self.context.fail_with(panic::caught(payload));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(function) = self.owned.take() {
            drop(function);
            self.context.end();
        }
    }
}

fn function_subsegment(layer: &XrayLayer, lambda: &LambdaContext) -> Subsegment {
    let cold = layer.is_cold();
    let header = match &lambda.xray_trace_id {
        Some(text) => TraceHeader::parse(text).ok(),
        None => layer
            .process_header()
            .and_then(|text| TraceHeader::parse(&text).ok()),
    };
    let decision = header.as_ref().map(TraceHeader::decision);
    let emitter = layer.emitter().clone();
    emitter.listen();
    let invocation = Invocation {
        request_id: Some(lambda.request_id.clone()),
        header,
        sink: Sink::Emitter(emitter.clone()),
    };
    let function = match decision {
        Some(Decision::Record { root, parent }) if !layer.is_disabled() => {
            let deadline = (lambda.deadline > 0).then(|| lambda.deadline());
            let recording = Recording::new(invocation, root, deadline);
            #[cfg(feature = "metrics")]
            let recording =
                recording.measured(layer.metrics().map(|metrics| metrics.tally(name(lambda))));
            let recording = Arc::new(recording);
            let function = open(&recording, parent, lambda, cold);
            layer.watch(&recording);
            function
        }
        _ => Subsegment::open(Context::passed_on(invocation)),
    };
    if cold {
        init::show(place(&function, emitter));
    }
    function
}

/// Where the init phase is shown: beneath the first invocation's function subsegment.
fn place(function: &Context, emitter: Arc<Emitter>) -> Option<Place> {
    let (_, entry) = function.recording()?;
    Some(Place {
        trace: function.trace_id()?,
        function: entry.id,
        emitter,
    })
}

/// Lambda writes the segment itself; only its ids are known here, so `parent` stands for one that is never sent.
fn open(
    recording: &Arc<Recording>,
    parent: EntityId,
    lambda: &LambdaContext,
    cold: bool,
) -> Subsegment {
    let entry = recording.open(name(lambda), parent);
    recording.edit(entry, |document, _| {
        document.annotations.insert("ColdStart", cold);
        document.aws = Some(Box::new(Aws {
            request_id: Some(lambda.request_id.clone().into()),
            cloudwatch_logs: log_groups(lambda),
            xray: Some(XRay {
                sdk: Some("X-Ray for Rust".into()),
                sdk_version: Some(env!("CARGO_PKG_VERSION").into()),
                ..XRay::default()
            }),
            ..Aws::default()
        }));
    });
    recording.tell_open(entry);
    Subsegment::open(Context::recorded(recording.clone(), entry))
}

fn name(lambda: &LambdaContext) -> &str {
    match lambda.env_config.function_name.as_str() {
        "" => "handler",
        name => name,
    }
}

/// Where the function's log lines are, so that the console shows them beside the trace.
fn log_groups(lambda: &LambdaContext) -> Vec<CloudWatchLogs<'static>> {
    let group = Some(lambda.env_config.log_group.clone()).filter(|group| !group.is_empty());
    let of_name = |group: String| CloudWatchLogs {
        log_group: Some(group.into()),
        arn: None,
    };
    group.map(of_name).into_iter().collect()
}

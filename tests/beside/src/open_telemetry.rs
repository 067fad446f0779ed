//! With OpenTelemetry's SDK, beneath a span that is open.

use std::hint::black_box;

use opentelemetry::trace::{Span, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use prost::Message;
use tracing_subscriber::layer::SubscriberExt;

use crate::measure::{Cost, measure, once};

/// How spans are handled when they end.
#[derive(Clone, Copy, Debug)]
pub enum Processor {
    /// Written at once.
    Simple,
    /// By another thread.
    Batch,
    /// Not at all: the sampler takes none.
    Unsampled,
}

/// Writes the message that would be sent.
#[derive(Debug)]
struct Written;

impl SpanExporter for Written {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        let resource = ResourceAttributesWithSchema::default();
        let resource_spans = group_spans_by_resource_and_scope(spans, &resource);
        black_box(ExportTraceServiceRequest { resource_spans }.encode_to_vec());
        Ok(())
    }
}

fn provider(processor: Processor) -> SdkTracerProvider {
    let builder = SdkTracerProvider::builder();
    match processor {
        Processor::Simple => builder.with_simple_exporter(Written),
        Processor::Batch => builder.with_batch_exporter(Written),
        Processor::Unsampled => builder
            .with_batch_exporter(Written)
            .with_sampler(Sampler::AlwaysOff),
    }
    .build()
}

pub fn by_hand(processor: Processor) -> Cost {
    let provider = provider(processor);
    let tracer = provider.tracer("beside");
    let parent = Context::new().with_span(tracer.start("orders"));
    let one = |number: u32| {
        let mut charge = tracer.start_with_context(black_box("charge"), &parent);
        charge.set_attribute(KeyValue::new("order", black_box("42")));
        charge.set_attribute(KeyValue::new("amount", i64::from(black_box(number))));
        charge.end();
    };
    measure(one, || drop(provider.force_flush()))
}

pub fn by_tracing(processor: Processor) -> Cost {
    let provider = provider(processor);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("beside"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!("orders").in_scope(|| {
            let one = |number: u32| {
                tracing::info_span!(
                    "charge",
                    order = black_box("42"),
                    amount = black_box(number)
                )
                .in_scope(|| ());
            };
            measure(one, || drop(provider.force_flush()))
        })
    })
}

pub fn made() -> Cost {
    once(|| drop(black_box(provider(Processor::Batch))))
}

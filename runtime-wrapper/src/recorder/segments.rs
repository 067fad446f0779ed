//! The recorder: what all segments of a process share, and how one begins.

use std::sync::Arc;

use xray_segment::document::{Aws, Service, XRay};
use xray_segment::sampling::Request;
use xray_segment::{Document, TraceHeader};

use super::incoming::Incoming;
use super::{Resource, Segment};
use crate::Context;
use crate::emit::Emitter;
use crate::invocation::{Invocation, Sink};
use crate::recording::{Entry, Recording};
use crate::sampling::{Decision, Sampling};

/// Opens segments. Make one a process, and clone it; see the [module](super).
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) destination: Destination,
    pub(super) sampling: Sampling,
    /// What all segments are named, by `AWS_XRAY_TRACING_NAME`.
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) resource: Resource,
    pub(super) disabled: bool,
}

/// Where documents go.
#[derive(Debug)]
pub(super) enum Destination {
    Daemon(Arc<Emitter>),
    #[cfg(feature = "test")]
    Test(crate::testing::Shelf),
}

impl Destination {
    fn sink(&self) -> Sink {
        match self {
            Self::Daemon(emitter) => Sink::Emitter(emitter.clone()),
            #[cfg(feature = "test")]
            Self::Test(kept) => Sink::Captured(kept.clone()),
        }
    }
}

impl Recorder {
    pub(super) fn of(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Opens the segment of a new trace, where the sampling rules take it. Its name is made legal; see [`Context::subsegment`].
    pub fn segment(&self, name: &str) -> Segment {
        self.segment_of(name, None, Request::default())
    }

    /// Opens the segment of a request that came with a trace header, as from a server of your own or from a queue.
    ///
    /// The header's decision holds; where it says none, the rules decide by what is known of `request`. Its service name and type are filled in.
    ///
    /// ```
    /// use lambda_xray::TraceHeader;
    /// use lambda_xray::recorder::Recorder;
    /// use lambda_xray::sampling::Request;
    ///
    /// # fn serve(recorder: &Recorder, header: Option<&str>) {
    /// let header = header.and_then(|text| TraceHeader::parse(text).ok());
    /// let request = Request { http_method: Some("GET"), url_path: Some("/orders"), ..Request::default() };
    /// let segment = recorder.segment_of("shop", header.as_ref(), request);
    /// segment.in_scope(|| { /* answer it */ });
    /// # }
    /// ```
    pub fn segment_of(
        &self,
        name: &str,
        header: Option<&TraceHeader>,
        request: Request<'_>,
    ) -> Segment {
        if self.shared.disabled {
            return Segment::new(self.passed_on(header.cloned()), false);
        }
        let name = self.shared.name.as_deref().unwrap_or(name);
        let incoming = Incoming::new(header);
        let asked = incoming.asked;
        let decision = self.decide(name, &incoming, request);
        let context = if decision.sampled {
            self.record(name, incoming, decision.rule)
        } else {
            self.passed_on(Some(incoming.onward(false)))
        };
        Segment::new(context, asked)
    }

    fn decide(&self, name: &str, incoming: &Incoming, request: Request<'_>) -> Decision {
        if let Some(sampled) = incoming.decided() {
            return Decision {
                sampled,
                rule: None,
            };
        }
        self.shared.sampling.decide(&Request {
            service_name: Some(name),
            service_type: self.shared.resource.origin(),
            ..request
        })
    }

    fn passed_on(&self, header: Option<TraceHeader>) -> Context {
        Context::passed_on(Invocation {
            request_id: None,
            header,
            sink: self.shared.destination.sink(),
        })
    }

    fn record(&self, name: &str, incoming: Incoming, rule: Option<String>) -> Context {
        let (trace, parent) = (incoming.trace(), incoming.parent());
        let invocation = Invocation {
            request_id: None,
            header: Some(incoming.onward(true)),
            sink: self.shared.destination.sink(),
        };
        let recording = Arc::new(Recording::new(invocation, trace, None));
        let entry = recording.open_segment(name, parent);
        self.describe(&recording, entry, rule);
        Context::recorded(recording, entry)
    }

    fn describe(&self, recording: &Recording, entry: Entry, rule: Option<String>) {
        let aws = Aws {
            xray: Some(XRay {
                sdk: Some("X-Ray for Rust".into()),
                sdk_version: Some(env!("CARGO_PKG_VERSION").into()),
                sampling_rule_name: rule.map(Into::into),
                ..XRay::default()
            }),
            ..self.shared.resource.aws().clone()
        };
        let service = self.shared.version.clone().map(|version| Service {
            version: Some(version.into()),
            ..Service::default()
        });
        recording.edit(entry, |document: &mut Document<'static>, _| {
            document.aws = Some(Box::new(aws));
            document.service = service.map(Box::new);
            document.origin = self.shared.resource.origin().map(|it| it.to_owned().into());
        });
    }
}

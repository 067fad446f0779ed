//! One call, from its first attempt to its last answer: what is known of it, and what of that its subsegment says.
//!
//! It lives in the call's own `ConfigBag`, so that calls that run at once cannot mix, and one whose future is dropped closes its
//! subsegment when the bag goes.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use serde_json::Value;
use xray_segment::document::{Aws, Http, HttpResponse as Answer, Namespace};

use super::failure::Failed;
use super::plan::Planned;
use super::row::Row;
use super::wire;
use crate::{Context, Subsegment, TraceHeader};

/// A call that is being made.
#[derive(Debug)]
pub(super) struct Call {
    header: TraceHeader,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not known yet to be sent.
    Planned(Box<Plan>),
    Sent(Subsegment, Option<Row>),
    /// Over, or of a trace that is not recorded.
    Silent,
}

#[derive(Debug)]
struct Plan {
    subsegment: Planned,
    metadata: Metadata,
    row: Option<Row>,
    /// What the operation wrote, without the endpoint.
    path: String,
}

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

impl Call {
    /// A call made from here, with the request as the operation wrote it; `None` where there is no trace.
    pub(super) fn begin(
        metadata: &Metadata,
        row: Option<Row>,
        request: &HttpRequest,
    ) -> Option<Self> {
        let here = Context::current();
        let Some(subsegment) = Planned::beneath(&here) else {
            return Some(Self {
                header: here.trace_header()?,
                state: State::Silent,
            });
        };
        let path = request.uri().split('?').next().unwrap_or_default();
        Some(Self {
            header: subsegment.header()?,
            state: State::Planned(Box::new(Plan {
                subsegment,
                metadata: metadata.clone(),
                row,
                path: path.to_owned(),
            })),
        })
    }

    /// What its requests carry.
    pub(super) fn header(&self) -> String {
        self.header.to_string()
    }

    /// Forgets it: it will not be sent.
    pub(super) fn forget(&mut self) {
        self.state = State::Silent;
    }

    /// Opens the subsegment when the first signed request is about to go.
    pub(super) fn send(&mut self, request: &HttpRequest) {
        self.state = match std::mem::replace(&mut self.state, State::Silent) {
            State::Planned(plan) => {
                let row = plan.row;
                let wanted = row.map_or(&[][..], |row| row.request);
                let parameters = wire::request_parameters(wanted, request, &plan.path);
                State::Sent(plan.open(wire::region(request), parameters), row)
            }
            state => state,
        };
    }

    /// Says how it went, and closes the subsegment.
    pub(super) fn end(&mut self, over: &FinalizerInterceptorContextRef<'_>, attempts: u32) {
        let (subsegment, row) = match std::mem::replace(&mut self.state, State::Silent) {
            State::Sent(subsegment, row) => (subsegment, row),
            // It could not even be sent: no credentials, no endpoint.
            State::Planned(plan) => (plan.open(None, Vec::new()), None),
            State::Silent => return,
        };
        let error = over.output_or_error().and_then(Result::err);
        let failed = error.map(|error| Failed::of(error, over.response()));
        let answered = over.response().map(|response| Answered::of(response, row));
        let Some((recording, entry)) = subsegment.recording() else {
            return;
        };
        recording.edit(entry, |document, next_id| {
            let aws = document.aws.get_or_insert_default();
            aws.retries = Some(attempts.saturating_sub(1));
            if let Some(answered) = answered {
                document.http = Some(Box::new(answered.http()));
                let status = answered.status;
                answered.tell(aws);
                document.flag_status(status);
            }
            if let Some(failed) = failed {
                failed.tell(document, next_id);
            }
        });
    }
}

impl Plan {
    fn open(self, region: Option<String>, parameters: Vec<(String, Value)>) -> Subsegment {
        let subsegment = self.subsegment.open(self.metadata.service());
        subsegment.aws(Aws {
            operation: Some(self.metadata.name().to_owned().into()),
            region: region.map(Into::into),
            parameters: named(parameters).collect(),
            ..Aws::default()
        });
        subsegment.namespace(Namespace::Aws);
        subsegment
    }
}

/// What the last response says.
struct Answered {
    status: u16,
    content_length: Option<u64>,
    request_id: Option<String>,
    id_2: Option<String>,
    parameters: Vec<(String, Value)>,
}

impl Answered {
    fn of(response: &HttpResponse, row: Option<Row>) -> Self {
        let header = |name: &str| response.headers().get(name).map(str::to_owned);
        let wanted = row.map_or(&[][..], |row| row.response);
        let length = header("content-length").and_then(|length| length.parse().ok());
        Self {
            status: response.status().as_u16(),
            content_length: length.or_else(|| response.body().content_length()),
            request_id: header("x-amzn-requestid").or_else(|| header("x-amz-request-id")),
            id_2: header("x-amz-id-2"),
            parameters: wire::response_parameters(wanted, response),
        }
    }

    fn http(&self) -> Http<'static> {
        Http {
            request: None,
            response: Some(Answer {
                status: Some(self.status),
                content_length: self.content_length,
            }),
        }
    }

    fn tell(self, aws: &mut Aws<'static>) {
        aws.request_id = self.request_id.map(Into::into);
        aws.id_2 = self.id_2.map(Into::into);
        aws.parameters.extend(named(self.parameters));
    }
}

fn named(parameters: Vec<(String, Value)>) -> impl Iterator<Item = (Cow<'static, str>, Value)> {
    let parameters = parameters.into_iter();
    parameters.map(|(name, value)| (name.into(), value))
}

//! The interceptor itself: which of the SDK's hooks does what. It holds no state; calls do.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::call::Call;
use super::row::Row;
use super::table::ROWS;
use super::wire;

const HEADER: &str = "x-amzn-trace-id";

/// Traces the calls of an AWS SDK client; see the [module](super).
///
/// An error of its own is none of the call's: no hook fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct XRayInterceptor {
    rows: &'static [Row],
}

impl XRayInterceptor {
    /// An interceptor that records what [`ROWS`] says.
    pub const fn new() -> Self {
        Self::with_rows(&[])
    }

    /// One that records what these rows say, and [`ROWS`] for the operations that they do not cover.
    pub const fn with_rows(rows: &'static [Row]) -> Self {
        Self { rows }
    }

    fn row(&self, call: &Metadata) -> Option<Row> {
        let mut rows = self.rows.iter().chain(ROWS);
        rows.find(|row| row.covers(call.service(), call.name()))
            .copied()
    }
}

impl Intercept for XRayInterceptor {
    fn name(&self) -> &'static str {
        "XRayInterceptor"
    }

    /// The first attempt begins the call.
    fn read_before_attempt(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if bag.load::<Call>().is_none()
            && let Some(metadata) = bag.load::<Metadata>()
            && let Some(call) = Call::begin(metadata, self.row(metadata), context.request())
        {
            bag.interceptor_state().store_put(call);
        }
        Ok(())
    }

    /// Before the SDK's own interceptor looks whether there is a header: it knows only the invocation's.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = bag.load::<Call>() {
            let headers = context.request_mut().headers_mut();
            // A header that HTTP does not allow is not sent.
            let _ = headers.try_insert(HEADER, call.header());
        }
        Ok(())
    }

    /// Signed, and about to go: now it is known where to, and whether at all.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = bag.get_mut_from_interceptor_state::<Call>() else {
            return Ok(());
        };
        if wire::is_presigned(context.request()) {
            // The signature does not cover it, and whoever sends the request is in no trace of ours.
            context.request_mut().headers_mut().remove(HEADER);
            call.forget();
        } else {
            call.send(context.request());
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempts = bag
            .load::<RequestAttempts>()
            .map_or(1, RequestAttempts::attempts);
        if let Some(call) = bag.get_mut_from_interceptor_state::<Call>() {
            call.end(context, attempts);
        }
        Ok(())
    }
}

//! What came of calls: some are meant to fail.

use std::fmt::Debug;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// The outcomes so far.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    outcomes: Vec<String>,
}

impl Calls {
    /// Waits for a call and notes `Operation: ok`, or with the code of the service's error; passes on what was answered.
    pub(crate) async fn make<O, E, R>(
        &mut self,
        operation: &str,
        call: impl Future<Output = Result<O, SdkError<E, R>>>,
    ) -> Option<O>
    where
        E: ProvideErrorMetadata + Debug,
        R: Debug,
    {
        // The clients' futures are large.
        let result = Box::pin(call).await;
        let outcome = match &result {
            Ok(_) => "ok".to_owned(),
            Err(SdkError::ServiceError(error)) => {
                error.err().code().unwrap_or("no code").to_owned()
            }
            Err(error) => format!("{error:?}"),
        };
        self.outcomes.push(format!("{operation}: {outcome}"));
        result.ok()
    }

    /// One line for each call.
    pub(crate) fn outcomes(&self) -> &[String] {
        &self.outcomes
    }
}

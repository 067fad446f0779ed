//! Lambda: a function that is there (the test has made it), and one that is not (the test server invokes whatever it is asked to).

use aws_sdk_lambda::primitives::Blob;
use aws_types::SdkConfig;

use crate::calls::Calls;

pub(crate) async fn call(config: &SdkConfig, calls: &mut Calls) {
    let lambda = lambda_xray::aws::client!(aws_sdk_lambda, config);
    let invoke = lambda.invoke().function_name("billing");
    calls
        .make("Invoke", invoke.payload(Blob::new("{}")).send())
        .await;
    let missing = lambda.get_function().function_name("no-such-function");
    calls.make("GetFunction", missing.send()).await;
}

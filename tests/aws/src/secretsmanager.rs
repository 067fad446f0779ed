//! Secrets Manager: a secret whose value must not be found in any document, and one that is not there.

use aws_types::SdkConfig;

use crate::calls::Calls;

pub(crate) async fn call(config: &SdkConfig, calls: &mut Calls) {
    let secrets = lambda_xray::aws::client!(aws_sdk_secretsmanager, config);
    let create = secrets.create_secret().name("card-key");
    calls
        .make("CreateSecret", create.secret_string("open sesame").send())
        .await;
    let get = secrets.get_secret_value();
    calls
        .make("GetSecretValue", get.secret_id("card-key").send())
        .await;
    let missing = secrets.get_secret_value().secret_id("no-such-secret");
    calls.make("GetSecretValue", missing.send()).await;
}

//! SNS: a topic, a message, and a topic that is not there.

use aws_types::SdkConfig;

use crate::calls::Calls;

pub(crate) async fn call(config: &SdkConfig, calls: &mut Calls) {
    let sns = lambda_xray::aws::client!(aws_sdk_sns, config);
    let topic = calls
        .make("CreateTopic", sns.create_topic().name("orders").send())
        .await;
    let topic = topic.and_then(|topic| topic.topic_arn).unwrap_or_default();
    let publish = sns.publish().topic_arn(&topic).message("placed");
    calls.make("Publish", publish.send()).await;
    let missing = sns
        .publish()
        .topic_arn("arn:aws:sns:eu-central-1:123456789012:missing");
    calls.make("Publish", missing.message("lost").send()).await;
}

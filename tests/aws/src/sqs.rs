//! SQS: a queue, messages one by one and at once, and a queue that is not there.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use aws_types::SdkConfig;

use crate::calls::Calls;

pub(crate) async fn call(config: &SdkConfig, calls: &mut Calls) {
    let sqs = lambda_xray::aws::client!(aws_sdk_sqs, config);
    let create = sqs.create_queue().queue_name("orders");
    let queue = calls.make("CreateQueue", create.send()).await;
    let queue = queue.and_then(|queue| queue.queue_url).unwrap_or_default();
    let send = sqs.send_message().queue_url(&queue);
    calls
        .make("SendMessage", send.message_body("one").send())
        .await;
    let entry = |id: &str| {
        SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body(id)
            .build()
    };
    let entries = ["two", "three"]
        .map(entry)
        .into_iter()
        .filter_map(Result::ok)
        .collect();
    let batch = sqs.send_message_batch().queue_url(&queue);
    calls
        .make("SendMessageBatch", batch.set_entries(Some(entries)).send())
        .await;
    let receive = sqs.receive_message().queue_url(&queue);
    calls
        .make("ReceiveMessage", receive.max_number_of_messages(10).send())
        .await;
    calls.make("ListQueues", sqs.list_queues().send()).await;
    let missing = sqs.get_queue_url().queue_name("no-such-queue");
    calls.make("GetQueueUrl", missing.send()).await;
}

//! The rows that are built in.
//!
//! For the six services that the X-Ray SDKs for other languages know (those from `DynamoDB` to `SageMaker Runtime`) they record what those do; the others follow
//! their manner. Names and counts only: no message, item, secret, parameter's value or prompt is recorded.
//!
//! What an SDK records and this does not, on purpose: the policy that Go records of `PutBucketPolicy`.

use super::row::{Parameter, Row};

const fn json(member: &'static str) -> Parameter {
    Parameter::json(member)
}

const fn header(header: &'static str, name: &'static str) -> Parameter {
    Parameter::header(header, name)
}

const fn path(segment: usize, name: &'static str) -> Parameter {
    Parameter::path(segment, name)
}

const fn query(key: &'static str, name: &'static str) -> Parameter {
    Parameter::query(key, name)
}

/// What is recorded of the AWS services that the library knows. The first row that covers an operation counts.
pub const ROWS: &[Row] = &[
    // DynamoDB
    Row::new("DynamoDB", &["BatchGetItem"])
        .request(&[json("RequestItems").keys().named("table_names")])
        .response(&[json("ConsumedCapacity")]),
    Row::new("DynamoDB", &["BatchWriteItem"])
        .request(&[json("RequestItems").keys().named("table_names")])
        .response(&[json("ConsumedCapacity"), json("ItemCollectionMetrics")]),
    Row::new("DynamoDB", &["CreateTable"]).request(&[
        json("GlobalSecondaryIndexes"),
        json("LocalSecondaryIndexes"),
        json("ProvisionedThroughput"),
        json("TableName"),
    ]),
    Row::new("DynamoDB", &["PutItem", "UpdateItem", "DeleteItem"])
        .request(&[json("TableName")])
        .response(&[json("ConsumedCapacity"), json("ItemCollectionMetrics")]),
    Row::new("DynamoDB", &["GetItem"])
        .request(&[
            json("ConsistentRead"),
            json("ProjectionExpression"),
            json("TableName"),
        ])
        .response(&[json("ConsumedCapacity")]),
    Row::new("DynamoDB", &["ListTables"])
        .request(&[json("ExclusiveStartTableName"), json("Limit")])
        .response(&[json("TableNames").count().named("table_count")]),
    Row::new("DynamoDB", &["Query"])
        .request(&[
            json("AttributesToGet"),
            json("ConsistentRead"),
            json("IndexName"),
            json("Limit"),
            json("ProjectionExpression"),
            json("ScanIndexForward"),
            json("Select"),
            json("TableName"),
        ])
        .response(&[
            json("ConsumedCapacity"),
            json("Count"),
            json("ScannedCount"),
        ]),
    Row::new("DynamoDB", &["Scan"])
        .request(&[
            json("AttributesToGet"),
            json("ConsistentRead"),
            json("IndexName"),
            json("Limit"),
            json("ProjectionExpression"),
            json("Segment"),
            json("Select"),
            json("TableName"),
            json("TotalSegments"),
        ])
        .response(&[
            json("ConsumedCapacity"),
            json("Count"),
            json("ScannedCount"),
        ]),
    Row::new("DynamoDB", &["UpdateTable"]).request(&[
        json("AttributeDefinitions"),
        json("GlobalSecondaryIndexUpdates"),
        json("ProvisionedThroughput"),
        json("TableName"),
    ]),
    Row::new("DynamoDB", &["TransactGetItems", "TransactWriteItems"])
        .request(&[json("TransactItems").count().named("transact_item_count")])
        .response(&[json("ConsumedCapacity")]),
    Row::new("DynamoDB", &[]).request(&[json("TableName")]),
    // SQS
    Row::new("SQS", &["AddPermission"]).request(&[json("Label"), json("QueueUrl")]),
    Row::new("SQS", &["ChangeMessageVisibility"])
        .request(&[json("QueueUrl"), json("VisibilityTimeout")]),
    Row::new(
        "SQS",
        &["ChangeMessageVisibilityBatch", "DeleteMessageBatch"],
    )
    .request(&[json("QueueUrl")])
    .response(&[json("Failed")]),
    Row::new("SQS", &["CreateQueue"]).request(&[json("Attributes"), json("QueueName")]),
    Row::new("SQS", &["GetQueueAttributes"])
        .request(&[json("QueueUrl")])
        .response(&[json("Attributes")]),
    Row::new("SQS", &["GetQueueUrl"])
        .request(&[json("QueueName"), json("QueueOwnerAWSAccountId")])
        .response(&[json("QueueUrl")]),
    Row::new("SQS", &["ListDeadLetterSourceQueues"])
        .request(&[json("QueueUrl")])
        .response(&[json("queueUrls")]),
    Row::new("SQS", &["ListQueues"])
        .request(&[json("QueueNamePrefix")])
        .response(&[json("QueueUrls").count().named("queue_count")]),
    Row::new("SQS", &["ReceiveMessage"])
        .request(&[
            json("AttributeNames"),
            json("MaxNumberOfMessages"),
            json("MessageAttributeNames"),
            json("MessageSystemAttributeNames"),
            json("QueueUrl"),
            json("VisibilityTimeout"),
            json("WaitTimeSeconds"),
        ])
        .response(&[json("Messages").count().named("message_count")]),
    Row::new("SQS", &["SendMessage"])
        .request(&[
            json("DelaySeconds"),
            json("QueueUrl"),
            json("MessageAttributes")
                .keys()
                .named("message_attribute_names"),
        ])
        .response(&[json("MessageId")]),
    Row::new("SQS", &["SendMessageBatch"])
        .request(&[
            json("QueueUrl"),
            json("Entries").count().named("message_count"),
        ])
        .response(&[
            json("Failed").count().named("failed_count"),
            json("Successful").count().named("successful_count"),
        ]),
    Row::new("SQS", &["SetQueueAttributes"]).request(&[
        json("QueueUrl"),
        json("Attributes").keys().named("attribute_names"),
    ]),
    // DeleteMessage, DeleteQueue, PurgeQueue, RemovePermission and what is new.
    Row::new("SQS", &[]).request(&[json("QueueUrl")]),
    // S3: what these have in their address is no bucket.
    Row::new("S3", &["ListBuckets", "ListDirectoryBuckets"])
        .response(&[Parameter::elements("Bucket", "bucket_count")]),
    Row::new("S3", &["WriteGetObjectResponse"]),
    Row::new("S3", &["ListObjects", "ListObjectsV2"])
        .request(&[Parameter::bucket(), query("prefix", "prefix")])
        .response(&[Parameter::elements("Contents", "object_count")]),
    Row::new("S3", &["DeleteObjects"])
        .request(&[Parameter::bucket()])
        .response(&[Parameter::elements("Deleted", "deleted_object_count")]),
    Row::new("S3", &[])
        .request(&[
            Parameter::bucket(),
            Parameter::key(),
            query("versionId", "version_id"),
            query("prefix", "prefix"),
            header("x-amz-copy-source", "copy_source"),
        ])
        .response(&[
            header("x-amz-version-id", "version_id"),
            header("x-amz-delete-marker", "delete_marker"),
        ]),
    // SNS
    Row::new("SNS", &[]).request(&[Parameter::form("TopicArn")]),
    // Lambda
    Row::new("Lambda", &["Invoke", "InvokeWithResponseStream"])
        .request(&[
            path(2, "function_name"),
            header("x-amz-invocation-type", "invocation_type"),
            header("x-amz-log-type", "log_type"),
            query("Qualifier", "qualifier"),
        ])
        .response(&[
            header("x-amz-function-error", "function_error"),
            Parameter::status("status_code"),
        ]),
    Row::new("Lambda", &["InvokeAsync"])
        .request(&[path(2, "function_name")])
        .response(&[Parameter::status("status")]),
    // SageMaker
    Row::new("SageMaker Runtime", &[]).request(&[path(1, "endpoint_name")]),
    // Kinesis
    Row::new("Kinesis", &["PutRecord"])
        .request(&[json("StreamName"), json("StreamARN")])
        .response(&[json("ShardId")]),
    Row::new("Kinesis", &["PutRecords"])
        .request(&[
            json("StreamName"),
            json("StreamARN"),
            json("Records").count().named("record_count"),
        ])
        .response(&[json("FailedRecordCount")]),
    Row::new("Kinesis", &["GetRecords"])
        .request(&[json("StreamARN"), json("Limit")])
        .response(&[
            json("Records").count().named("record_count"),
            json("MillisBehindLatest"),
        ]),
    Row::new("Kinesis", &["GetShardIterator"]).request(&[
        json("StreamName"),
        json("StreamARN"),
        json("ShardId"),
        json("ShardIteratorType"),
    ]),
    Row::new("Kinesis", &[]).request(&[json("StreamName"), json("StreamARN")]),
    // Firehose
    Row::new("Firehose", &["PutRecordBatch"])
        .request(&[
            json("DeliveryStreamName"),
            json("Records").count().named("record_count"),
        ])
        .response(&[json("FailedPutCount")]),
    Row::new("Firehose", &[]).request(&[json("DeliveryStreamName")]),
    // EventBridge
    Row::new("EventBridge", &["PutEvents"])
        .request(&[
            json("EndpointId"),
            json("Entries").count().named("entry_count"),
        ])
        .response(&[json("FailedEntryCount")]),
    Row::new("EventBridge", &[]).request(&[json("Name"), json("Rule"), json("EventBusName")]),
    // Step Functions
    Row::new("SFN", &["StartExecution", "StartSyncExecution"])
        .request(&[json("stateMachineArn"), json("name")])
        .response(&[json("executionArn"), json("status")]),
    Row::new("SFN", &[]).request(&[
        json("stateMachineArn"),
        json("executionArn"),
        json("activityArn"),
    ]),
    // Secrets Manager
    Row::new("Secrets Manager", &["BatchGetSecretValue"])
        .request(&[json("SecretIdList")])
        .response(&[json("SecretValues").count().named("secret_count")]),
    Row::new("Secrets Manager", &["CreateSecret"]).request(&[json("Name")]),
    Row::new("Secrets Manager", &[]).request(&[
        json("SecretId"),
        json("VersionId"),
        json("VersionStage"),
    ]),
    // Systems Manager
    Row::new("SSM", &["GetParameters"])
        .request(&[json("Names"), json("WithDecryption")])
        .response(&[
            json("Parameters").count().named("parameter_count"),
            json("InvalidParameters"),
        ]),
    Row::new("SSM", &["GetParametersByPath"])
        .request(&[json("Path"), json("Recursive"), json("WithDecryption")])
        .response(&[json("Parameters").count().named("parameter_count")]),
    Row::new("SSM", &["SendCommand"]).request(&[json("DocumentName")]),
    Row::new("SSM", &[]).request(&[json("Name"), json("WithDecryption")]),
    // KMS
    Row::new("KMS", &[]).request(&[
        json("KeyId"),
        json("KeySpec"),
        json("EncryptionAlgorithm"),
        json("SigningAlgorithm"),
    ]),
    // Bedrock
    Row::new("Bedrock Runtime", &["Converse"])
        .request(&[path(1, "model_id")])
        .response(&[json("stopReason"), json("usage"), json("metrics")]),
    Row::new("Bedrock Runtime", &["ApplyGuardrail"])
        .request(&[path(1, "guardrail_id"), path(3, "guardrail_version")])
        .response(&[json("action")]),
    Row::new(
        "Bedrock Runtime",
        &[
            "ConverseStream",
            "CountTokens",
            "InvokeModel",
            "InvokeModelWithBidirectionalStream",
            "InvokeModelWithResponseStream",
        ],
    )
    .request(&[
        path(1, "model_id"),
        header("x-amzn-bedrock-guardrailidentifier", "guardrail_id"),
    ])
    .response(&[
        header("x-amzn-bedrock-input-token-count", "input_token_count"),
        header("x-amzn-bedrock-output-token-count", "output_token_count"),
    ]),
    Row::new("Bedrock Agent Runtime", &["InvokeAgent"]).request(&[
        path(1, "agent_id"),
        path(3, "agent_alias_id"),
        path(5, "session_id"),
    ]),
    Row::new("Bedrock Agent Runtime", &["Retrieve"])
        .request(&[path(1, "knowledge_base_id")])
        .response(&[json("retrievalResults").count().named("result_count")]),
];

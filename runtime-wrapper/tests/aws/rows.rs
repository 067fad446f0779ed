//! What is recorded of each service: requests and responses as they stand on the wire, through the SDK's own orchestrator, so that no service's crate
//! has to be built for it.

use std::collections::BTreeSet;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::interceptors::context::{Output, OutputOrError};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use lambda_xray::aws::{Parameter, ROWS, Row, XRayInterceptor};
use serde_json::{Value, json};

use super::{Answer, Service};
use crate::receiver::named;
use crate::world::traced;

type Headers = &'static [(&'static str, &'static str)];

/// A call, written as it stands on the wire.
#[derive(Debug)]
struct Wire {
    call: (&'static str, &'static str),
    endpoint: &'static str,
    path: &'static str,
    headers: Headers,
    body: &'static str,
    answer: Answer,
    /// What is recorded of it, as JSON.
    expected: &'static str,
}

/// A service that speaks JSON in both directions: all stands in the bodies.
const fn speaks_json(
    service: &'static str,
    operation: &'static str,
    [body, answer, expected]: [&'static str; 3],
) -> Wire {
    Wire {
        call: (service, operation),
        endpoint: "https://service.eu-west-1.amazonaws.com",
        path: "/",
        headers: &[],
        body,
        answer: Answer(200, &[], answer),
        expected,
    }
}

/// One that uses the address and the headers too.
const fn rest(
    service: &'static str,
    operation: &'static str,
    [path, expected]: [&'static str; 2],
    headers: Headers,
    answer: Answer,
) -> Wire {
    Wire {
        call: (service, operation),
        endpoint: "https://service.eu-west-1.amazonaws.com",
        path,
        headers,
        body: r#"{"secret": 1}"#,
        answer,
        expected,
    }
}

/// The subsegment of the call; an answer that is an error in XML fails it, whatever its status.
async fn traced_call(wire: &'static Wire, interceptor: XRayInterceptor) -> Value {
    let service = Service::new(&[wire.answer]);
    let operation = Operation::builder()
        .service_name(wire.call.0)
        .operation_name(wire.call.1)
        .http_client(service.client())
        .endpoint_url(wire.endpoint)
        .no_auth()
        .no_retry()
        .interceptor(interceptor)
        .serializer(|wire: &'static Wire| {
            let mut request = HttpRequest::new(SdkBody::from(wire.body));
            request.set_method("POST")?;
            request.set_uri(wire.path)?;
            for (name, value) in wire.headers {
                request.headers_mut().insert(*name, *value);
            }
            Ok(request)
        })
        .deserializer(|response| {
            let body = response.body().bytes().unwrap_or_default();
            let failed = || OrchestratorError::operation(std::io::Error::other("failed"));
            if body.starts_with(b"<Error>") {
                Err(failed())
            } else {
                Ok(())
            }
        })
        .build();
    let documents = traced(|| async {
        let _ = operation.invoke(wire).await;
    })
    .await;
    named(&documents, wire.call.0).clone()
}

/// What was recorded of it besides what every call has.
async fn recorded(wire: &'static Wire, interceptor: XRayInterceptor) -> Value {
    let mut aws = traced_call(wire, interceptor).await["aws"].take();
    let common = aws.as_object_mut().unwrap();
    assert_eq!(common.remove("operation"), Some(wire.call.1.into()));
    assert_eq!(common.remove("retries"), Some(0.into()));
    aws
}

const OK: Answer = Answer(200, &[], "{}");

const WIRES: &[Wire] = &[
    speaks_json(
        "DynamoDB",
        "BatchGetItem",
        [
            r#"{"RequestItems": {"carts": {"Keys": [{"id": {"S": "secret"}}]}, "orders": {}}}"#,
            r#"{"Responses": {}, "ConsumedCapacity": [{"TableName": "carts", "CapacityUnits": 1.5}]}"#,
            r#"{"table_names": ["carts", "orders"], "consumed_capacity": [{"TableName": "carts", "CapacityUnits": 1.5}]}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "BatchWriteItem",
        [
            r#"{"RequestItems": {"carts": []}}"#,
            r#"{"ItemCollectionMetrics": {"carts": []}, "UnprocessedItems": {}}"#,
            r#"{"table_names": ["carts"], "item_collection_metrics": {"carts": []}}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "CreateTable",
        [
            r#"{"TableName": "carts", "KeySchema": [], "ProvisionedThroughput": {"ReadCapacityUnits": 1}, "GlobalSecondaryIndexes": [], "LocalSecondaryIndexes": []}"#,
            r#"{"TableDescription": {}}"#,
            r#"{"table_name": "carts", "provisioned_throughput": {"ReadCapacityUnits": 1}, "global_secondary_indexes": [], "local_secondary_indexes": []}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "PutItem",
        [
            r#"{"TableName": "carts", "Item": {"id": {"S": "secret"}}}"#,
            r#"{"Attributes": {"id": {"S": "secret"}}, "ConsumedCapacity": {"CapacityUnits": 1.0}}"#,
            r#"{"table_name": "carts", "consumed_capacity": {"CapacityUnits": 1.0}}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "GetItem",
        [
            r#"{"TableName": "carts", "Key": {"id": {"S": "secret"}}, "ConsistentRead": false, "ProjectionExpression": "id"}"#,
            r#"{"Item": {"id": {"S": "secret"}}}"#,
            r#"{"table_name": "carts", "consistent_read": false, "projection_expression": "id"}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "ListTables",
        [
            r#"{"ExclusiveStartTableName": "a", "Limit": 2}"#,
            r#"{"TableNames": ["b", "c"], "LastEvaluatedTableName": "c"}"#,
            r#"{"exclusive_start_table_name": "a", "limit": 2, "table_count": 2}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "Query",
        [
            r#"{"TableName": "carts", "IndexName": "by-day", "Limit": 0, "ScanIndexForward": true, "Select": "COUNT", "ConsistentRead": true, "AttributesToGet": ["id"], "ProjectionExpression": "id", "ExpressionAttributeValues": {":id": {"S": "secret"}}}"#,
            r#"{"Items": [{"id": {"S": "secret"}}], "Count": 1, "ScannedCount": 3}"#,
            r#"{"table_name": "carts", "index_name": "by-day", "limit": 0, "scan_index_forward": true, "select": "COUNT", "consistent_read": true, "attributes_to_get": ["id"], "projection_expression": "id", "count": 1, "scanned_count": 3}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "Scan",
        [
            r#"{"TableName": "carts", "Segment": 1, "TotalSegments": 4, "Limit": 5}"#,
            r#"{"Items": [], "Count": 0, "ScannedCount": 0, "ConsumedCapacity": {"CapacityUnits": 2}}"#,
            r#"{"table_name": "carts", "segment": 1, "total_segments": 4, "limit": 5, "count": 0, "scanned_count": 0, "consumed_capacity": {"CapacityUnits": 2}}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "UpdateTable",
        [
            r#"{"TableName": "carts", "AttributeDefinitions": [], "GlobalSecondaryIndexUpdates": [], "ProvisionedThroughput": {}}"#,
            "{}",
            r#"{"table_name": "carts", "attribute_definitions": [], "global_secondary_index_updates": [], "provisioned_throughput": {}}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "TransactWriteItems",
        [
            r#"{"TransactItems": [{"Put": {}}, {"Delete": {}}]}"#,
            r#"{"ConsumedCapacity": []}"#,
            r#"{"transact_item_count": 2, "consumed_capacity": []}"#,
        ],
    ),
    speaks_json(
        "DynamoDB",
        "DescribeTable",
        [
            r#"{"TableName": "carts"}"#,
            "{}",
            r#"{"table_name": "carts"}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "AddPermission",
        [
            r#"{"QueueUrl": "q", "Label": "l", "AWSAccountIds": ["1"]}"#,
            "{}",
            r#"{"queue_url": "q", "label": "l"}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "ChangeMessageVisibility",
        [
            r#"{"QueueUrl": "q", "ReceiptHandle": "secret", "VisibilityTimeout": 0}"#,
            "{}",
            r#"{"queue_url": "q", "visibility_timeout": 0}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "DeleteMessageBatch",
        [
            r#"{"QueueUrl": "q", "Entries": []}"#,
            r#"{"Successful": [], "Failed": [{"Id": "1", "Code": "x", "SenderFault": true}]}"#,
            r#"{"queue_url": "q", "failed": [{"Id": "1", "Code": "x", "SenderFault": true}]}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "CreateQueue",
        [
            r#"{"QueueName": "orders", "Attributes": {"DelaySeconds": "5"}}"#,
            r#"{"QueueUrl": "q"}"#,
            r#"{"queue_name": "orders", "attributes": {"DelaySeconds": "5"}}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "GetQueueAttributes",
        [
            r#"{"QueueUrl": "q", "AttributeNames": ["All"]}"#,
            r#"{"Attributes": {"ApproximateNumberOfMessages": "3"}}"#,
            r#"{"queue_url": "q", "attributes": {"ApproximateNumberOfMessages": "3"}}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "GetQueueUrl",
        [
            r#"{"QueueName": "orders", "QueueOwnerAWSAccountId": "1"}"#,
            r#"{"QueueUrl": "q"}"#,
            r#"{"queue_name": "orders", "queue_owner_aws_account_id": "1", "queue_url": "q"}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "ListDeadLetterSourceQueues",
        [
            r#"{"QueueUrl": "q"}"#,
            r#"{"queueUrls": ["a"]}"#,
            r#"{"queue_url": "q", "queue_urls": ["a"]}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "ListQueues",
        [
            r#"{"QueueNamePrefix": "o"}"#,
            r#"{"QueueUrls": ["a", "b"]}"#,
            r#"{"queue_name_prefix": "o", "queue_count": 2}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "ReceiveMessage",
        [
            r#"{"QueueUrl": "q", "AttributeNames": ["All"], "MessageSystemAttributeNames": ["AWSTraceHeader"], "MessageAttributeNames": ["a"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 30, "WaitTimeSeconds": 20}"#,
            r#"{"Messages": [{"Body": "secret"}, {"Body": "secret"}]}"#,
            r#"{"queue_url": "q", "attribute_names": ["All"], "message_system_attribute_names": ["AWSTraceHeader"], "message_attribute_names": ["a"], "max_number_of_messages": 10, "visibility_timeout": 30, "wait_time_seconds": 20, "message_count": 2}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "SendMessage",
        [
            r#"{"QueueUrl": "q", "MessageBody": "secret", "DelaySeconds": 0, "MessageAttributes": {"a": {"StringValue": "secret"}}}"#,
            r#"{"MessageId": "m"}"#,
            r#"{"queue_url": "q", "delay_seconds": 0, "message_attribute_names": ["a"], "message_id": "m"}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "SendMessageBatch",
        [
            r#"{"QueueUrl": "q", "Entries": [{"Id": "1"}, {"Id": "2"}, {"Id": "3"}]}"#,
            r#"{"Successful": [{"Id": "1"}, {"Id": "2"}], "Failed": [{"Id": "3"}]}"#,
            r#"{"queue_url": "q", "message_count": 3, "successful_count": 2, "failed_count": 1}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "SetQueueAttributes",
        [
            r#"{"QueueUrl": "q", "Attributes": {"Policy": "secret"}}"#,
            "{}",
            r#"{"queue_url": "q", "attribute_names": ["Policy"]}"#,
        ],
    ),
    speaks_json(
        "SQS",
        "PurgeQueue",
        [r#"{"QueueUrl": "q"}"#, "", r#"{"queue_url": "q"}"#],
    ),
    rest(
        "S3",
        "ListBuckets",
        ["/?x-id=ListBuckets", r#"{"bucket_count": 2}"#],
        &[],
        Answer(
            200,
            &[],
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>&lt;Bucket&gt;</Name></Bucket><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>",
        ),
    ),
    rest(
        "S3",
        "WriteGetObjectResponse",
        ["/WriteGetObjectResponse", "{}"],
        &[],
        OK,
    ),
    Wire {
        endpoint: "https://photos.s3.eu-west-1.amazonaws.com",
        ..rest(
            "S3",
            "DeleteObjects",
            [
                "/?delete",
                r#"{"bucket_name": "photos", "deleted_object_count": 1}"#,
            ],
            &[],
            Answer(
                200,
                &[],
                "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key></Error></DeleteResult>",
            ),
        )
    },
    Wire {
        endpoint: "https://photos.s3.eu-west-1.amazonaws.com",
        ..rest(
            "S3",
            "ListObjectVersions",
            [
                "/?versions&prefix=a",
                r#"{"bucket_name": "photos", "prefix": "a"}"#,
            ],
            &[],
            OK,
        )
    },
    Wire {
        endpoint: "https://photos.s3.eu-west-1.amazonaws.com",
        ..rest(
            "S3",
            "GetObject",
            [
                "/2026/sea%20side.jpg?versionId=v1&x-id=GetObject",
                r#"{"bucket_name": "photos", "key": "2026/sea side.jpg", "version_id": "v1"}"#,
            ],
            &[],
            OK,
        )
    },
    Wire {
        endpoint: "http://127.0.0.1:9000/photos",
        ..rest(
            "S3",
            "CopyObject",
            [
                "/b",
                r#"{"bucket_name": "photos", "key": "b", "copy_source": "photos/a", "version_id": "v2"}"#,
            ],
            &[("x-amz-copy-source", "photos/a")],
            Answer(200, &[("x-amz-version-id", "v2")], ""),
        )
    },
    Wire {
        endpoint: "https://s3.eu-west-1.amazonaws.com/my.photos",
        ..rest(
            "S3",
            "ListObjectsV2",
            [
                "/?list-type=2&prefix=2026%2F",
                r#"{"bucket_name": "my.photos", "prefix": "2026/", "object_count": 2}"#,
            ],
            &[],
            Answer(
                200,
                &[],
                "<ListBucketResult><Name>my.photos</Name><Contents><Key>1</Key></Contents><Contents><Key>2</Key></Contents></ListBucketResult>",
            ),
        )
    },
    Wire {
        endpoint: "https://photos.s3.eu-west-1.amazonaws.com",
        ..rest(
            "S3",
            "DeleteObject",
            [
                "/a",
                r#"{"bucket_name": "photos", "key": "a", "delete_marker": true, "version_id": "v3"}"#,
            ],
            &[],
            Answer(
                204,
                &[("x-amz-delete-marker", "true"), ("x-amz-version-id", "v3")],
                "",
            ),
        )
    },
    Wire {
        body: "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3Aorders&Message=secret",
        ..rest(
            "SNS",
            "Publish",
            ["/", r#"{"topic_arn": "arn:aws:sns:eu-west-1:1:orders"}"#],
            &[],
            OK,
        )
    },
    rest(
        "Lambda",
        "Invoke",
        [
            "/2015-03-31/functions/charge/invocations?Qualifier=live",
            r#"{"function_name": "charge", "qualifier": "live", "invocation_type": "RequestResponse", "log_type": "Tail", "function_error": "Unhandled", "status_code": 200}"#,
        ],
        &[
            ("x-amz-invocation-type", "RequestResponse"),
            ("x-amz-log-type", "Tail"),
        ],
        Answer(
            200,
            &[("x-amz-function-error", "Unhandled")],
            r#"{"errorMessage": "secret"}"#,
        ),
    ),
    rest(
        "Lambda",
        "InvokeAsync",
        [
            "/2014-11-13/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Acharge/invoke-async",
            r#"{"function_name": "arn:aws:lambda:eu-west-1:1:function:charge", "status": 202}"#,
        ],
        &[],
        Answer(202, &[], ""),
    ),
    rest(
        "SageMaker Runtime",
        "InvokeEndpoint",
        [
            "/endpoints/fraud/invocations",
            r#"{"endpoint_name": "fraud"}"#,
        ],
        &[],
        OK,
    ),
    speaks_json(
        "Kinesis",
        "PutRecord",
        [
            r#"{"StreamName": "clicks", "Data": "c2VjcmV0", "PartitionKey": "secret"}"#,
            r#"{"ShardId": "shardId-0", "SequenceNumber": "1"}"#,
            r#"{"stream_name": "clicks", "shard_id": "shardId-0"}"#,
        ],
    ),
    speaks_json(
        "Kinesis",
        "PutRecords",
        [
            r#"{"StreamARN": "arn", "Records": [{}, {}]}"#,
            r#"{"FailedRecordCount": 1, "Records": []}"#,
            r#"{"stream_arn": "arn", "record_count": 2, "failed_record_count": 1}"#,
        ],
    ),
    speaks_json(
        "Kinesis",
        "GetRecords",
        [
            r#"{"ShardIterator": "secret", "Limit": 100}"#,
            r#"{"Records": [{}], "MillisBehindLatest": 0}"#,
            r#"{"limit": 100, "record_count": 1, "millis_behind_latest": 0}"#,
        ],
    ),
    speaks_json(
        "Kinesis",
        "GetShardIterator",
        [
            r#"{"StreamName": "clicks", "ShardId": "shardId-0", "ShardIteratorType": "LATEST"}"#,
            r#"{"ShardIterator": "secret"}"#,
            r#"{"stream_name": "clicks", "shard_id": "shardId-0", "shard_iterator_type": "LATEST"}"#,
        ],
    ),
    speaks_json(
        "Kinesis",
        "DescribeStreamSummary",
        [
            r#"{"StreamName": "clicks"}"#,
            "{}",
            r#"{"stream_name": "clicks"}"#,
        ],
    ),
    speaks_json(
        "Firehose",
        "PutRecordBatch",
        [
            r#"{"DeliveryStreamName": "lake", "Records": [{}, {}]}"#,
            r#"{"FailedPutCount": 0, "RequestResponses": []}"#,
            r#"{"delivery_stream_name": "lake", "record_count": 2, "failed_put_count": 0}"#,
        ],
    ),
    speaks_json(
        "Firehose",
        "PutRecord",
        [
            r#"{"DeliveryStreamName": "lake", "Record": {"Data": "c2VjcmV0"}}"#,
            "{}",
            r#"{"delivery_stream_name": "lake"}"#,
        ],
    ),
    speaks_json(
        "EventBridge",
        "PutEvents",
        [
            r#"{"Entries": [{"Detail": "secret"}], "EndpointId": "e"}"#,
            r#"{"FailedEntryCount": 0, "Entries": []}"#,
            r#"{"endpoint_id": "e", "entry_count": 1, "failed_entry_count": 0}"#,
        ],
    ),
    speaks_json(
        "EventBridge",
        "PutTargets",
        [
            r#"{"Rule": "nightly", "EventBusName": "default", "Targets": []}"#,
            "{}",
            r#"{"rule": "nightly", "event_bus_name": "default"}"#,
        ],
    ),
    speaks_json(
        "SFN",
        "StartSyncExecution",
        [
            r#"{"stateMachineArn": "arn", "name": "n", "input": "secret"}"#,
            r#"{"executionArn": "e", "status": "SUCCEEDED", "output": "secret"}"#,
            r#"{"state_machine_arn": "arn", "name": "n", "execution_arn": "e", "status": "SUCCEEDED"}"#,
        ],
    ),
    speaks_json(
        "SFN",
        "DescribeExecution",
        [
            r#"{"executionArn": "e"}"#,
            "{}",
            r#"{"execution_arn": "e"}"#,
        ],
    ),
    speaks_json(
        "Secrets Manager",
        "BatchGetSecretValue",
        [
            r#"{"SecretIdList": ["a", "b"]}"#,
            r#"{"SecretValues": [{"SecretString": "secret"}]}"#,
            r#"{"secret_id_list": ["a", "b"], "secret_count": 1}"#,
        ],
    ),
    speaks_json(
        "Secrets Manager",
        "CreateSecret",
        [
            r#"{"Name": "db", "SecretString": "secret"}"#,
            "{}",
            r#"{"name": "db"}"#,
        ],
    ),
    speaks_json(
        "Secrets Manager",
        "GetSecretValue",
        [
            r#"{"SecretId": "db", "VersionStage": "AWSCURRENT"}"#,
            r#"{"Name": "db", "SecretString": "secret"}"#,
            r#"{"secret_id": "db", "version_stage": "AWSCURRENT"}"#,
        ],
    ),
    speaks_json(
        "SSM",
        "GetParameters",
        [
            r#"{"Names": ["/a", "/b"], "WithDecryption": true}"#,
            r#"{"Parameters": [{"Value": "secret"}], "InvalidParameters": ["/b"]}"#,
            r#"{"names": ["/a", "/b"], "with_decryption": true, "parameter_count": 1, "invalid_parameters": ["/b"]}"#,
        ],
    ),
    speaks_json(
        "SSM",
        "GetParametersByPath",
        [
            r#"{"Path": "/", "Recursive": true}"#,
            r#"{"Parameters": [{"Value": "secret"}]}"#,
            r#"{"path": "/", "recursive": true, "parameter_count": 1}"#,
        ],
    ),
    speaks_json(
        "SSM",
        "SendCommand",
        [
            r#"{"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["secret"]}}"#,
            "{}",
            r#"{"document_name": "AWS-RunShellScript"}"#,
        ],
    ),
    speaks_json(
        "SSM",
        "PutParameter",
        [
            r#"{"Name": "/a", "Value": "secret"}"#,
            "{}",
            r#"{"name": "/a"}"#,
        ],
    ),
    speaks_json(
        "KMS",
        "Encrypt",
        [
            r#"{"KeyId": "alias/a", "Plaintext": "c2VjcmV0", "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}"#,
            r#"{"CiphertextBlob": "c2VjcmV0", "KeyId": "arn"}"#,
            r#"{"key_id": "alias/a", "encryption_algorithm": "SYMMETRIC_DEFAULT"}"#,
        ],
    ),
    rest(
        "Bedrock Runtime",
        "Converse",
        [
            "/model/anthropic.claude-v2%3A1/converse",
            r#"{"model_id": "anthropic.claude-v2:1", "stop_reason": "end_turn", "usage": {"inputTokens": 3, "outputTokens": 5}, "metrics": {"latencyMs": 7}}"#,
        ],
        &[],
        Answer(
            200,
            &[],
            r#"{"output": {"message": "secret"}, "stopReason": "end_turn", "usage": {"inputTokens": 3, "outputTokens": 5}, "metrics": {"latencyMs": 7}}"#,
        ),
    ),
    rest(
        "Bedrock Runtime",
        "ApplyGuardrail",
        [
            "/guardrail/g1/version/2/apply",
            r#"{"guardrail_id": "g1", "guardrail_version": "2", "action": "NONE"}"#,
        ],
        &[],
        Answer(
            200,
            &[],
            r#"{"action": "NONE", "outputs": [{"text": "secret"}]}"#,
        ),
    ),
    rest(
        "Bedrock Runtime",
        "InvokeModel",
        [
            "/model/m/invoke",
            r#"{"model_id": "m", "guardrail_id": "g1", "input_token_count": 3, "output_token_count": 5}"#,
        ],
        &[("x-amzn-bedrock-guardrailidentifier", "g1")],
        Answer(
            200,
            &[
                ("x-amzn-bedrock-input-token-count", "3"),
                ("x-amzn-bedrock-output-token-count", "5"),
            ],
            r#"{"completion": "secret"}"#,
        ),
    ),
    rest(
        "Bedrock Agent Runtime",
        "InvokeAgent",
        [
            "/agents/a1/agentAliases/live/sessions/s1/text",
            r#"{"agent_id": "a1", "agent_alias_id": "live", "session_id": "s1"}"#,
        ],
        &[],
        OK,
    ),
    rest(
        "Bedrock Agent Runtime",
        "Retrieve",
        [
            "/knowledgebases/k1/retrieve",
            r#"{"knowledge_base_id": "k1", "result_count": 1}"#,
        ],
        &[],
        Answer(200, &[], r#"{"retrievalResults": [{"content": "secret"}]}"#),
    ),
];

#[tokio::test]
async fn each_row_records_what_it_says_and_nothing_secret() {
    for wire in WIRES {
        let expected: Value = serde_json::from_str(wire.expected).unwrap();
        let recorded = recorded(wire, XRayInterceptor::new()).await;
        assert_eq!(recorded, expected, "{:?}", wire.call);
        assert!(!recorded.to_string().contains("secret\""));
    }
}

#[test]
fn no_row_is_without_its_test() {
    let row_of = |wire: &Wire| {
        ROWS.iter()
            .position(|row| row.covers(wire.call.0, wire.call.1))
    };
    let tested: BTreeSet<usize> = WIRES.iter().filter_map(row_of).collect();
    let untested = (0..ROWS.len())
        .filter(|row| !tested.contains(row))
        .map(|row| ROWS[row]);
    assert_eq!(
        untested.map(|row| format!("{row:?}")).collect::<Vec<_>>(),
        [""; 0]
    );
}

#[tokio::test]
async fn rows_of_the_user_come_first_and_cover_what_is_new() {
    const MINE: &[Row] = &[
        Row::new("SQS", &["PurgeQueue"]),
        Row::new("Comprehend", &[])
            .request(&[
                Parameter::json("LanguageCode"),
                Parameter::json("Text").named("text").count(),
            ])
            .response(&[
                Parameter::json("Sentiment").named("mood"),
                Parameter::status("answered"),
            ]),
    ];
    const WIRES: &[Wire] = &[
        speaks_json("SQS", "PurgeQueue", [r#"{"QueueUrl": "q"}"#, "", "{}"]),
        speaks_json(
            "SQS",
            "DeleteQueue",
            [r#"{"QueueUrl": "q"}"#, "", r#"{"queue_url": "q"}"#],
        ),
        speaks_json(
            "Comprehend",
            "DetectSentiment",
            [
                r#"{"LanguageCode": "en", "Text": "secret"}"#,
                r#"{"Sentiment": "POSITIVE"}"#,
                r#"{"language_code": "en", "mood": "POSITIVE", "answered": 200}"#,
            ],
        ),
    ];
    for wire in WIRES {
        let expected: Value = serde_json::from_str(wire.expected).unwrap();
        let recorded = recorded(wire, XRayInterceptor::with_rows(MINE)).await;
        assert_eq!(recorded, expected, "{:?}", wire.call);
    }
}

#[tokio::test]
async fn hostile_bytes_are_passed_by() {
    const WIRES: &[Wire] = &[
        speaks_json("DynamoDB", "Query", ["{\"TableName\":", "[[[[", "{}"]),
        speaks_json("SQS", "SendMessage", ["\u{0}", "<xml/>", "{}"]),
        rest(
            "Lambda",
            "Invoke",
            ["/%ff%", r#"{"status_code": 200}"#],
            &[],
            OK,
        ),
        rest("Bedrock Runtime", "Converse", ["/", "{}"], &[], OK),
    ];
    for wire in WIRES {
        let expected: Value = serde_json::from_str(wire.expected).unwrap();
        assert_eq!(recorded(wire, XRayInterceptor::new()).await, expected);
    }
}

/// A body that ends the test when it is read.
fn untouchable() -> SdkBody {
    let body = Full::new(Bytes::from_static(b"{}"));
    SdkBody::from_body_1_x(body.map_frame(|_| panic!("the body was read")))
}

/// Takes the response as it comes, as the SDK does where the output is a stream.
#[derive(Debug)]
struct Streams;

impl DeserializeResponse for Streams {
    fn deserialize_streaming(&self, response: &mut HttpResponse) -> Option<OutputOrError> {
        assert!(response.body().is_streaming());
        Some(Ok(Output::erase(response.take_body())))
    }

    fn deserialize_nonstreaming(&self, _: &HttpResponse) -> OutputOrError {
        panic!("the body was read")
    }
}

#[tokio::test]
async fn bodies_that_stream_are_not_touched() {
    #[derive(Debug)]
    struct Endless;
    impl HttpConnector for Endless {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            assert!(request.body().is_streaming());
            let status = 200.try_into().unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, untouchable())))
        }
    }
    let operation = Operation::builder()
        .service_name("Kinesis")
        .operation_name("PutRecords")
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Endless)))
        .endpoint_url("https://service.eu-west-1.amazonaws.com")
        .no_auth()
        .no_retry()
        .interceptor(XRayInterceptor::new())
        .serializer(|()| Ok(HttpRequest::new(untouchable())))
        .deserializer_impl::<SdkBody, std::io::Error>(Streams)
        .build();
    let documents = traced(|| async { drop(operation.invoke(()).await.unwrap()) }).await;
    let expected = json!({"operation": "PutRecords", "retries": 0});
    assert_eq!(named(&documents, "Kinesis")["aws"], expected);
}

/// What S3 answers with an error in it.
const fn s3_error(status: u16, body: &'static str) -> Wire {
    let headers = &[("x-amz-request-id", "r-1"), ("x-amz-id-2", "i-2")];
    let to = ["/b", "{}"];
    rest("S3", "CopyObject", to, &[], Answer(status, headers, body))
}

#[tokio::test]
async fn flags_follow_the_status_and_the_code() {
    const SLOW: &str = "<Error><Code>SlowDown</Code><Message>slow</Message></Error>";
    const BROKEN: &str = "<Error><Code>InternalError</Code><Message>broken</Message></Error>";
    const WIRES: &[(Wire, &[&str])] = &[
        (s3_error(503, SLOW), &["throttle", "fault"]),
        (s3_error(400, SLOW), &["error", "throttle"]),
        (s3_error(500, BROKEN), &["fault"]),
        // The copy had begun when it failed.
        (s3_error(200, BROKEN), &["fault"]),
        (s3_error(404, "<Error>"), &["error"]),
        // Not modified.
        (s3_error(304, "<Error>"), &["error"]),
    ];
    for (wire, flags) in WIRES {
        let call = traced_call(wire, XRayInterceptor::new()).await;
        let all = ["error", "throttle", "fault"];
        let set: Vec<_> = all.into_iter().filter(|flag| call[flag] == true).collect();
        assert_eq!(set, *flags, "{call:#}");
        assert_eq!(call["cause"]["exceptions"][0]["remote"], true);
        assert_eq!(
            (&call["aws"]["request_id"], &call["aws"]["id_2"]),
            (&"r-1".into(), &"i-2".into())
        );
    }
}

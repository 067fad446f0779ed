//! The `aws` block: the resource that runs the application (on a segment), or the call (on a subsegment).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Text, is_false};

/// An AWS resource or an AWS call.
///
/// What an SDK records of a call's input and output (`table_name`, `queue_url`, `bucket_name` and some hundred more)
/// stands in `parameters`, in snake case, as the SDKs write it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Aws<'a> {
    /// The account, where it is not the segment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Text<'a>>,
    /// The operation called, such as `PutItem`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Text<'a>>,
    /// The region called, where it is not the segment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text<'a>>,
    /// The request's id, as the service answered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Text<'a>>,
    /// The second id that S3 answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_2: Option<Text<'a>>,
    /// Attempts after the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// The EC2 instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ec2: Option<Ec2<'a>>,
    /// The ECS container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecs: Option<Ecs<'a>>,
    /// The EKS pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eks: Option<Eks<'a>>,
    /// The Elastic Beanstalk environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elastic_beanstalk: Option<ElasticBeanstalk<'a>>,
    /// Where the application logs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cloudwatch_logs: Vec<CloudWatchLogs<'a>>,
    /// Who wrote the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xray: Option<XRay<'a>>,
    /// What was recorded of the call's input and output.
    #[serde(flatten)]
    pub parameters: BTreeMap<Text<'a>, Value>,
}

/// An EC2 instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ec2<'a> {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<Text<'a>>,
    /// Its availability zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<Text<'a>>,
    /// Its type, such as `t3.micro`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_size: Option<Text<'a>>,
    /// The image it started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ami_id: Option<Text<'a>>,
}

/// An ECS container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ecs<'a> {
    /// Its host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Text<'a>>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_id: Option<Text<'a>>,
    /// Its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_arn: Option<Text<'a>>,
    /// The task's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<Text<'a>>,
    /// The task's family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_family: Option<Text<'a>>,
    /// The cluster's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_arn: Option<Text<'a>>,
    /// `EC2` or `FARGATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<Text<'a>>,
    /// Its availability zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<Text<'a>>,
}

/// An EKS pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eks<'a> {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<Text<'a>>,
    /// The cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_name: Option<Text<'a>>,
    /// The container's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_id: Option<Text<'a>>,
}

/// An Elastic Beanstalk environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticBeanstalk<'a> {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_name: Option<Text<'a>>,
    /// The application's version in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_label: Option<Text<'a>>,
    /// The deployment's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<u64>,
}

/// A log group of the application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudWatchLogs<'a> {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_group: Option<Text<'a>>,
    /// Its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<Text<'a>>,
}

/// The SDK that wrote the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct XRay<'a> {
    /// Its name, such as `X-Ray for Rust`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<Text<'a>>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk_version: Option<Text<'a>>,
    /// Whether an agent instrumented the application.
    #[serde(default, skip_serializing_if = "is_false")]
    pub auto_instrumentation: bool,
    /// The sampling rule that took the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling_rule_name: Option<Text<'a>>,
}

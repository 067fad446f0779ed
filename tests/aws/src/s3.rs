//! S3: a bucket with versions, an object whose key needs escaping, and one that is not there.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    VersioningConfiguration,
};
use aws_types::SdkConfig;

use crate::calls::Calls;

const BUCKET: &str = "shop";
const KEY: &str = "orders/a b.json";

pub(crate) async fn call(config: &SdkConfig, calls: &mut Calls) {
    // The bucket in the path: names under the test server's own cannot be looked up.
    let s3 = aws_sdk_s3::config::Builder::from(config)
        .interceptor(lambda_xray::aws::XRayInterceptor::new())
        .force_path_style(true);
    let s3 = aws_sdk_s3::Client::from_conf(s3.build());
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuCentral1)
        .build();
    let create = s3.create_bucket().bucket(BUCKET);
    calls
        .make(
            "CreateBucket",
            create.create_bucket_configuration(place).send(),
        )
        .await;
    let versions = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    let versioning = s3.put_bucket_versioning().bucket(BUCKET);
    calls
        .make(
            "PutBucketVersioning",
            versioning.versioning_configuration(versions).send(),
        )
        .await;
    let put = s3.put_object().bucket(BUCKET).key(KEY);
    let put = put.body(ByteStream::from_static(b"{}"));
    let version = calls.make("PutObject", put.send()).await;
    let version = version.and_then(|put| put.version_id);
    let get = s3
        .get_object()
        .bucket(BUCKET)
        .key(KEY)
        .set_version_id(version);
    if let Some(object) = calls.make("GetObject", get.send()).await {
        // A body that streams is read after the call.
        let _ = object.body.collect().await;
    }
    let copy = s3.copy_object().copy_source("shop/orders%2Fa%20b.json");
    calls
        .make("CopyObject", copy.bucket(BUCKET).key("copy").send())
        .await;
    let list = s3.list_objects_v2().bucket(BUCKET).prefix("orders/");
    calls.make("ListObjectsV2", list.send()).await;
    calls.make("ListBuckets", s3.list_buckets().send()).await;
    calls
        .make(
            "DeleteObject",
            s3.delete_object().bucket(BUCKET).key(KEY).send(),
        )
        .await;
    let missing = s3.get_object().bucket(BUCKET).key("missing");
    calls.make("GetObject", missing.send()).await;
}

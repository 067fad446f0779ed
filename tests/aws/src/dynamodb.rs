//! `DynamoDB`: one table, one item, and a table that is not there.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, KeysAndAttributes,
    ReturnConsumedCapacity, ScalarAttributeType,
};
use aws_types::SdkConfig;

use crate::calls::Calls;

const TABLE: &str = "orders";

pub(crate) async fn call(config: &SdkConfig, calls: &mut Calls) {
    let dynamodb = lambda_xray::aws::client!(aws_sdk_dynamodb, config);
    let create = dynamodb
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(key().map(|key| vec![key]))
        .set_attribute_definitions(attribute().map(|attribute| vec![attribute]));
    calls.make("CreateTable", create.send()).await;
    let put = dynamodb
        .put_item()
        .table_name(TABLE)
        .item("id", id())
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    calls.make("PutItem", put.send()).await;
    let get = dynamodb.get_item().table_name(TABLE).key("id", id());
    calls
        .make("GetItem", get.consistent_read(true).send())
        .await;
    let query = dynamodb
        .query()
        .table_name(TABLE)
        .key_condition_expression("id = :id")
        .expression_attribute_values(":id", id());
    calls.make("Query", query.send()).await;
    let keys = KeysAndAttributes::builder().keys([("id".to_owned(), id())].into());
    let batch = dynamodb.batch_get_item();
    let batch = batch.set_request_items(
        keys.build()
            .ok()
            .map(|keys| [(TABLE.to_owned(), keys)].into()),
    );
    calls.make("BatchGetItem", batch.send()).await;
    calls
        .make("ListTables", dynamodb.list_tables().send())
        .await;
    let missing = dynamodb.get_item().table_name("no-such-table");
    calls.make("GetItem", missing.key("id", id()).send()).await;
}

fn id() -> AttributeValue {
    AttributeValue::S("42".to_owned())
}

fn key() -> Option<KeySchemaElement> {
    let key = KeySchemaElement::builder().attribute_name("id");
    key.key_type(KeyType::Hash).build().ok()
}

fn attribute() -> Option<AttributeDefinition> {
    let attribute = AttributeDefinition::builder().attribute_name("id");
    attribute
        .attribute_type(ScalarAttributeType::S)
        .build()
        .ok()
}

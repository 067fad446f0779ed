//! `PutTelemetryRecords`: what daemons tell about themselves, kept for whoever wonders where segments went.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::error::ApiError;
use super::request::{Json, When};
use crate::constraint::chars;
use crate::refusal::Refusal;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    telemetry_records: Vec<Record>,
    #[serde(rename = "EC2InstanceId", default)]
    instance: String,
    #[serde(default)]
    hostname: String,
    #[serde(rename = "ResourceARN", default)]
    resource: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    timestamp: When,
    #[serde(default)]
    segments_received_count: u32,
    #[serde(default)]
    segments_sent_count: u32,
    #[serde(default)]
    segments_spillover_count: u32,
    #[serde(default)]
    segments_rejected_count: u32,
    #[serde(default)]
    backend_connection_errors: ConnectionErrors,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct ConnectionErrors {
    #[serde(rename = "TimeoutCount")]
    timeout: u32,
    #[serde(rename = "ConnectionRefusedCount")]
    connection_refused: u32,
    #[serde(rename = "HTTPCode4XXCount")]
    http_4xx: u32,
    #[serde(rename = "HTTPCode5XXCount")]
    http_5xx: u32,
    #[serde(rename = "UnknownHostCount")]
    unknown_host: u32,
    #[serde(rename = "OtherCount")]
    other: u32,
}

pub(super) async fn put_telemetry_records(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<Value>, ApiError> {
    chars("EC2InstanceId", &input.instance, 0..=20)?;
    chars("Hostname", &input.hostname, 0..=255)?;
    chars("ResourceARN", &input.resource, 0..=500)?;
    let record = |record| {
        json!({
            "Record": record,
            "EC2InstanceId": input.instance,
            "Hostname": input.hostname,
            "ResourceARN": input.resource,
        })
    };
    let records: Vec<_> = input.telemetry_records.iter().map(record).collect();
    service
        .store
        .change(move |shelf| shelf.report(&records).map_err(Refusal::from))
        .await?;
    Ok(Json(json!({})))
}

//! `GetEncryptionConfig` and `PutEncryptionConfig`: kept and given back; the file itself is as safe as the disk it lies on.
//!
//! A change is answered with UPDATING, as by the service. Nothing has to be encrypted anew here, so it is ACTIVE
//! for whoever asks next.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::error::ApiError;
use super::request::Json;
use crate::constraint::chars;
use crate::refusal::Refusal;
use crate::store::Kept;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Encryption {
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    r#type: Kind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    /// The service's own key.
    #[default]
    None,
    /// A key of the user.
    Kms,
}

impl Kept for Encryption {
    const KIND: &'static str = "encryption";
}

pub(super) async fn get_encryption_config(
    State(service): State<Arc<Service>>,
) -> Result<Json<Value>, ApiError> {
    let present: Option<Encryption> = service
        .store
        .read(|snapshot| snapshot.shelf().get(""))
        .await?;
    Ok(answer(&present.unwrap_or_default(), "ACTIVE"))
}

pub(super) async fn put_encryption_config(
    State(service): State<Arc<Service>>,
    Json(input): Json<Encryption>,
) -> Result<Json<Value>, ApiError> {
    input.check()?;
    let kept = input.clone();
    service
        .store
        .change(move |shelf| shelf.keep("", &kept).map_err(Refusal::from))
        .await?;
    Ok(answer(&input, "UPDATING"))
}

fn answer(encryption: &Encryption, status: &str) -> Json<Value> {
    let mut config = json!({ "Status": status, "Type": encryption.r#type });
    if let (Some(key), Some(config)) = (&encryption.key_id, config.as_object_mut()) {
        config.insert("KeyId".to_owned(), key.as_str().into());
    }
    Json(json!({ "EncryptionConfig": config }))
}

impl Encryption {
    fn check(&self) -> Result<(), Refusal> {
        match (self.r#type, self.key_id.as_deref()) {
            (Kind::None, None) => Ok(()),
            (Kind::None, Some(_)) => Err(Refusal::invalid("with Type NONE there is no KeyId")),
            (Kind::Kms, None) => Err(Refusal::invalid("with Type KMS a KeyId is needed")),
            (Kind::Kms, Some(key)) => {
                chars("KeyId", key, 1..=3000)?;
                if is_key(key) {
                    return Ok(());
                }
                Err(Refusal::invalid(
                    "KeyId is no KMS key: give alias/NAME, a key's id or its ARN",
                ))
            }
        }
    }
}

fn is_key(key: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<_> = key.split('-').collect();
    let is_part = |(part, length): (&&str, usize)| {
        part.len() == length && part.bytes().all(|it| it.is_ascii_hexdigit())
    };
    let is_id = parts.len() == lengths.len() && parts.iter().zip(lengths).all(is_part);
    let is_named = |prefix| key.strip_prefix(prefix).is_some_and(|it| !it.is_empty());
    is_id || is_named("alias/") || is_named("arn:aws:kms:")
}

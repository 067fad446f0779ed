//! The instance, by its metadata service (EC2 User Guide, "Use instance metadata").

use serde::Deserialize;
use xray_segment::document::Ec2;

use super::{Surroundings, service};
use crate::neighbour::{Neighbour, Question};

const ENDPOINT: &str = "http://169.254.169.254";

/// The instance's identity document, as far as segments say it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    instance_id: String,
    availability_zone: Option<String>,
    instance_type: Option<String>,
    image_id: Option<String>,
}

pub(super) fn ask(surroundings: &Surroundings<'_>) -> Option<Ec2<'static>> {
    if surroundings.text("AWS_EC2_METADATA_DISABLED").as_deref() == Some("true") {
        return None;
    }
    let endpoint = surroundings.text("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let endpoint = service(endpoint.as_deref().unwrap_or(ENDPOINT))?;
    // Version 1 of the service, which some instances still have, knows no tokens.
    let token = token(&endpoint);
    let header = token
        .as_deref()
        .map(|token| ("X-aws-ec2-metadata-token", token.trim()));
    let document = endpoint.ask(Question {
        method: "GET",
        path: "/latest/dynamic/instance-identity/document",
        header,
        body: "",
    });
    let identity: Identity = serde_json::from_str(&document.ok()?).ok()?;
    Some(Ec2 {
        instance_id: Some(identity.instance_id.into()),
        availability_zone: identity.availability_zone.map(Into::into),
        instance_size: identity.instance_type.map(Into::into),
        ami_id: identity.image_id.map(Into::into),
    })
}

fn token(endpoint: &Neighbour) -> Option<String> {
    let token = endpoint.ask(Question {
        method: "PUT",
        path: "/latest/api/token",
        header: Some(("X-aws-ec2-metadata-token-ttl-seconds", "60")),
        body: "",
    });
    token.ok()
}

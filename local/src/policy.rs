//! Resource policies: who else may send to this X-Ray. Kept by the service's rules; nobody is turned away here.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use xray_segment::sampling::matches;

use crate::constraint::chars;
use crate::limits;
use crate::refusal::Refusal;
use crate::store::{Kept, Shelf, StoreError};

/// A policy in the form of the API, which is also the form in which it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy {
    #[serde(rename = "PolicyName")]
    name: String,
    #[serde(rename = "PolicyDocument")]
    document: String,
    /// Counts up with each change.
    #[serde(rename = "PolicyRevisionId")]
    revision: String,
    /// Epoch seconds.
    last_updated_time: f64,
}

/// A `PutResourcePolicy`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct New {
    #[serde(rename = "PolicyName")]
    name: String,
    #[serde(rename = "PolicyDocument")]
    document: String,
    #[serde(rename = "PolicyRevisionId")]
    revision: Option<String>,
    #[serde(default)]
    bypass_policy_lockout_check: bool,
}

impl Kept for Policy {
    const KIND: &'static str = "resource policy";
}

/// All policies, by name.
pub(crate) fn all(shelf: &Shelf<'_>) -> Result<Vec<Policy>, StoreError> {
    shelf.all()
}

/// Makes a policy or puts it in the place of the one with its name.
pub(crate) fn put(shelf: &Shelf<'_>, new: New, now: f64) -> Result<Policy, Refusal> {
    check_name(&new.name)?;
    check_document(&new)?;
    let present: Option<Policy> = shelf.get(&new.name)?;
    check_revision(new.revision.as_deref(), present.as_ref())?;
    if present.is_none() && all(shelf)?.len() >= limits::POLICIES {
        return Err(Refusal::PolicyCount);
    }
    let revision = present.map_or(0, |it| it.revision.parse().unwrap_or(0_u64));
    let policy = Policy {
        name: new.name,
        document: new.document,
        revision: (revision + 1).to_string(),
        last_updated_time: now,
    };
    shelf.keep(&policy.name, &policy)?;
    Ok(policy)
}

/// Deletes a policy; one that is not there is deleted already, unless a revision is asked for.
pub(crate) fn delete(shelf: &Shelf<'_>, name: &str, revision: Option<&str>) -> Result<(), Refusal> {
    check_name(name)?;
    let present: Option<Policy> = shelf.get(name)?;
    check_revision(revision, present.as_ref())?;
    Ok(shelf.remove::<Policy>(name)?)
}

/// A given revision has to be the present one; 0 stands for a policy that is not there yet.
fn check_revision(given: Option<&str>, present: Option<&Policy>) -> Result<(), Refusal> {
    let present = present.map_or("0", |it| &it.revision);
    if given.is_none_or(|it| it == present) {
        return Ok(());
    }
    Err(Refusal::PolicyRevision(present.to_owned()))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    chars("PolicyName", name, 1..=128)?;
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || "_+=,.@-".contains(it);
    if name.chars().all(is_allowed) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PolicyName may have letters, digits and _+=,.@-",
    ))
}

fn check_document(new: &New) -> Result<(), Refusal> {
    if new.document.len() > limits::POLICY_BYTES {
        return Err(Refusal::PolicySize);
    }
    let malformed = |text: &str| Refusal::MalformedPolicy(text.to_owned());
    let document: Value = serde_json::from_str(&new.document)
        .map_err(|error| Refusal::MalformedPolicy(error.to_string()))?;
    match document.get("Version").and_then(Value::as_str) {
        Some("2012-10-17" | "2008-10-17") => {}
        _ => return Err(malformed("Version is to be \"2012-10-17\"")),
    }
    let statements = list(document.get("Statement"));
    if statements.is_empty() || !statements.iter().all(|it| is_statement(it)) {
        return Err(malformed(
            "each Statement needs Effect (Allow or Deny), Principal, Action and Resource",
        ));
    }
    let is_locked = statements.iter().any(|it| locks_everybody_out(it));
    if is_locked && !new.bypass_policy_lockout_check {
        return Err(Refusal::Lockout);
    }
    Ok(())
}

fn is_statement(statement: &Value) -> bool {
    let has = |key: &str, other: &str| {
        let value = statement.get(key).or_else(|| statement.get(other));
        value.is_some_and(|it| it.is_string() || it.is_array() || it.is_object())
    };
    matches!(effect(statement), Some("Allow" | "Deny"))
        && has("Principal", "NotPrincipal")
        && has("Action", "NotAction")
        && has("Resource", "NotResource")
}

fn effect(statement: &Value) -> Option<&str> {
    statement.get("Effect")?.as_str()
}

/// A denial to all principals, under no condition, of the operation that could take it back.
fn locks_everybody_out(statement: &Value) -> bool {
    let principal = statement.get("Principal");
    let principals = principal.and_then(|it| it.get("AWS")).or(principal);
    let is_everybody = list(principals).contains(&&Value::from("*"));
    let covers = |it: &&Value| {
        let pattern = it.as_str().unwrap_or_default();
        matches(pattern, "xray:PutResourcePolicy")
    };
    effect(statement) == Some("Deny")
        && is_everybody
        && statement.get("Condition").is_none()
        && list(statement.get("Action")).iter().any(covers)
}

/// One or many, as policies have it everywhere.
fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
    }
}

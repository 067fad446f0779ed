//! The `cause` block: the exceptions that made a segment or subsegment fail.

use serde::{Deserialize, Serialize};

use super::{Text, is_false};
use crate::EntityId;

/// Why it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cause<'a> {
    /// An exception that another document of the trace describes.
    Reference(EntityId),
    /// Described here.
    Detail(Box<CauseDetail<'a>>),
}

impl<'a> Cause<'a> {
    /// A cause of these exceptions, the outermost first.
    pub fn new(exceptions: Vec<Exception<'a>>) -> Self {
        Self::Detail(Box::new(CauseDetail {
            exceptions,
            ..CauseDetail::default()
        }))
    }
}

/// Exceptions and where they came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseDetail<'a> {
    /// The process's working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_directory: Option<Text<'a>>,
    /// Paths of modules and libraries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Text<'a>>,
    /// The exceptions, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception<'a>>,
}

/// One exception; in Rust an error, or a panic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception<'a> {
    /// Its id, which another exception or another document may refer to.
    pub id: EntityId,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Text<'a>>,
    /// Its type's name.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<'a>>,
    /// A downstream service threw it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub remote: bool,
    /// Stack frames left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub truncated: u32,
    /// Exceptions left out between this one and the one it caused.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u32,
    /// The exception that caused this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EntityId>,
    /// Where it was thrown, the innermost frame first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<StackFrame<'a>>,
}

impl<'a> Exception<'a> {
    /// An exception with a type and a message.
    pub fn new(id: EntityId, kind: impl Into<Text<'a>>, message: impl Into<Text<'a>>) -> Self {
        Self {
            id,
            message: Some(message.into()),
            kind: Some(kind.into()),
            remote: false,
            truncated: 0,
            skipped: 0,
            cause: None,
            stack: Vec::new(),
        }
    }
}

/// A frame of the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackFrame<'a> {
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Text<'a>>,
    /// The line in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

//! What an event may ask for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The event; `{}` asks for nothing, and keys that are not known are passed over.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    /// Done one after the other.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// How often all of it is done.
    #[serde(default = "once")]
    pub(crate) repeat: usize,
}

const fn once() -> usize {
    1
}

/// A step, told by its key.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a step is an object with one of: subsegment, parallel, bytes, say, sleep_ms, fail, panic, exit, abort, kill, allocate_mb"
)]
pub(crate) enum Step {
    /// Work with a name.
    Subsegment(Work),
    /// Steps that are done at once.
    Parallel {
        /// Each beside the others.
        parallel: Vec<Step>,
    },
    /// Metadata on the subsegment around it.
    Bytes {
        /// Its size.
        bytes: usize,
    },
    /// A line on stdout, which Lambda takes as a log line.
    Say {
        /// The line.
        say: String,
    },
    /// Time that passes.
    Sleep {
        /// Milliseconds.
        sleep_ms: u64,
    },
    /// An error that the handler returns.
    Fail {
        /// What it says.
        fail: String,
    },
    /// A panic.
    Panic {
        /// What it says.
        panic: String,
    },
    /// The process ends itself.
    Exit {
        /// Its status.
        exit: i32,
    },
    /// The process aborts.
    Abort {
        /// Whether it does.
        abort: bool,
    },
    /// The process is killed.
    Kill {
        /// Whether it is.
        kill: bool,
    },
    /// Memory that is held until the invocation ends.
    Allocate {
        /// Megabytes, each of their pages touched.
        allocate_mb: usize,
    },
}

/// A subsegment.
#[derive(Debug, Deserialize)]
pub(crate) struct Work {
    /// Its name.
    pub(crate) subsegment: String,
    /// How long it takes before its steps, in milliseconds.
    #[serde(default)]
    pub(crate) ms: u64,
    /// Its annotations: texts, numbers and booleans.
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, Value>,
    /// Its metadata: an object is a namespace with its keys, anything else a key of the namespace `default`.
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, Value>,
    /// What is done within it.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
}

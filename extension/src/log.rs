//! What the extension says: one line of JSON per problem on stderr, which Lambda carries to its logs.
//!
//! A problem that lasts would fill a log that users pay for, so each kind is said once; how often it came is in the [report](crate::report).

use std::collections::HashSet;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// For whoever looks for a fault; off unless `XRAY_EXTENSION_LOG=debug`.
    Debug,
    /// Good to know.
    Info,
    /// Something was lost or will be.
    Warn,
    /// Nothing can be sent until someone changes something.
    Error,
}

/// Writes lines; clones write to the same place and know what was said already.
#[derive(Clone)]
pub struct Log {
    least: Level,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    said: HashSet<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    level: Level,
    source: &'static str,
    message: &'a str,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl Log {
    /// To stderr.
    pub fn stderr(debug: bool) -> Self {
        Self::to(Box::new(std::io::stderr()), debug)
    }

    /// To anywhere.
    pub fn to(out: Box<dyn Write + Send>, debug: bool) -> Self {
        let inner = Inner {
            out,
            said: HashSet::new(),
        };
        Self {
            least: if debug { Level::Debug } else { Level::Info },
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Says nothing that is less grave.
    #[must_use]
    pub fn at_least(mut self, level: Level) -> Self {
        self.least = level;
        self
    }

    /// Says it.
    pub fn say(&self, level: Level, message: &str, fields: Map<String, Value>) {
        if level < self.least {
            return;
        }
        let line = Line {
            level,
            source: "xray-extension",
            message,
            fields,
        };
        let Ok(mut text) = serde_json::to_vec(&line) else {
            return;
        };
        text.push(b'\n');
        // A log that cannot be written must not stop the traces.
        let _ = self.lock().out.write_all(&text);
    }

    /// Says it unless something of this kind was said before.
    pub fn once(&self, kind: &str, level: Level, message: &str) {
        if self.first(kind) {
            self.say(level, message, Map::new());
        }
    }

    /// Whether nothing of this kind was said before; from now on it was.
    fn first(&self, kind: &str) -> bool {
        let mut inner = self.lock();
        !inner.said.contains(kind) && inner.said.insert(kind.to_owned())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("least", &self.least)
            .finish_non_exhaustive()
    }
}

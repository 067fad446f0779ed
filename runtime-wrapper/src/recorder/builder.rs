//! The settings of a recorder: what the environment says, and what the program says instead.

use std::fmt;
use std::sync::Arc;

use super::segments::{Destination, Shared};
use super::{Recorder, Resource};
use crate::config::Config;
use crate::emit::Emitter;
use crate::log::say;
use crate::panic;
use crate::sampling::{LocalRules, Sampling};

/// Makes a [`Recorder`].
///
/// ```
/// use lambda_xray::recorder::{Recorder, Resource};
/// use lambda_xray::sampling::{LocalRules, Sampling};
///
/// let recorder = Recorder::builder()
///     .sampling(Sampling::local(LocalRules::default()))
///     .version(env!("CARGO_PKG_VERSION"))
///     .resource(Resource::default())
///     .build();
/// ```
#[must_use = "it makes a recorder when it is built"]
pub struct Builder {
    lookup: Box<Lookup>,
    sampling: Option<Sampling>,
    version: Option<String>,
    resource: Resource,
}

/// The value of a variable.
type Lookup = dyn Fn(&str) -> Option<String>;

impl Default for Builder {
    fn default() -> Self {
        Self {
            lookup: Box::new(|name| std::env::var(name).ok()),
            sampling: None,
            version: None,
            resource: Resource::default(),
        }
    }
}

impl Recorder {
    /// A recorder with its settings from the environment, which asks the daemon for the sampling rules.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A recorder with settings of your own.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// Reads the [settings](crate#settings) from `lookup`, which takes the names of environment variables, instead of from the environment.
    pub fn lookup(self, lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self {
            lookup: Box::new(lookup),
            ..self
        }
    }

    /// Decides by this, instead of by the rules that the daemon gives and by one request a second and 5 % of the others until it does.
    pub fn sampling(self, sampling: Sampling) -> Self {
        Self {
            sampling: Some(sampling),
            ..self
        }
    }

    /// Says the application's version on each segment (`service.version`).
    pub fn version(self, version: impl Into<String>) -> Self {
        Self {
            version: Some(version.into()),
            ..self
        }
    }

    /// Says on each segment where the application runs; see [`Resource::detect`].
    pub fn resource(self, resource: Resource) -> Self {
        Self { resource, ..self }
    }

    /// Makes the recorder. Opens a socket, sets the panic hook and, where the daemon is to be asked for rules, starts a thread that asks.
    pub fn build(self) -> Recorder {
        panic::install_hook();
        let config = Config::from_lookup(&self.lookup, |complaint| say(&complaint));
        let emitter = Emitter::to(config.receiver());
        let disabled = config.disabled;
        let rules = LocalRules::default();
        let sampling = match self.sampling {
            Some(sampling) => sampling,
            None if disabled => Sampling::local(rules),
            None => Sampling::centralized(config.sampling, rules),
        };
        Recorder::of(Shared {
            destination: Destination::Daemon(Arc::new(emitter)),
            sampling,
            name: config.name,
            version: self.version,
            resource: self.resource,
            disabled,
        })
    }

    /// A recorder whose documents a test keeps.
    #[cfg(feature = "test")]
    pub(crate) fn build_for_test(self, kept: crate::testing::Shelf) -> Recorder {
        Recorder::of(Shared {
            destination: Destination::Test(kept),
            sampling: self
                .sampling
                .unwrap_or_else(|| Sampling::local(LocalRules::default())),
            name: None,
            version: self.version,
            resource: self.resource,
            disabled: false,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("sampling", &self.sampling)
            .field("version", &self.version)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

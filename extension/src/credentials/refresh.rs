//! Credentials that are held while they are good, and fetched anew in the background before they expire, so that no call waits for it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};

/// With less left than this, new ones are fetched. Sources have new ones ready five minutes before.
const EARLY: Duration = Duration::from_mins(5);

/// With less left than this they are not used: a call must arrive.
const MARGIN: Duration = Duration::from_secs(10);

/// Between two attempts to fetch new ones while the old still hold.
const PAUSE: Duration = Duration::from_secs(10);

/// Holds what a source gave.
#[derive(Clone)]
pub(crate) struct Refreshed(Arc<Inner>);

struct Inner {
    source: SharedCredentialsProvider,
    held: Mutex<Held>,
    /// One fetch at a time; who comes meanwhile waits for it.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    credentials: Option<Credentials>,
    /// When it was last tried in the background.
    tried: Option<Instant>,
}

impl fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refreshed")
    }
}

impl ProvideCredentials for Refreshed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

impl Refreshed {
    pub(crate) fn new(source: SharedCredentialsProvider) -> Self {
        Self(Arc::new(Inner {
            source,
            held: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    async fn get(&self) -> provider::Result {
        if let Some(credentials) = self.0.good(MARGIN) {
            if self.0.good(EARLY).is_none() && self.0.may_try() {
                let inner = Arc::clone(&self.0);
                // Ends with the source's own timeouts; a failure is another try's matter until the old ones expire.
                tokio::spawn(async move { inner.fetch(EARLY).await });
            }
            return Ok(credentials);
        }
        self.0.fetch(MARGIN).await
    }
}

impl Inner {
    /// What is held and has at least so much time left.
    fn good(&self, left: Duration) -> Option<Credentials> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let credentials = held.credentials.as_ref()?;
        let is_good = credentials
            .expiry()
            .is_none_or(|expiry| expiry > SystemTime::now() + left);
        is_good.then(|| credentials.clone())
    }

    fn may_try(&self) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let may = held.tried.is_none_or(|tried| tried.elapsed() >= PAUSE);
        if may {
            held.tried = Some(Instant::now());
        }
        may
    }

    /// Fetches, unless somebody else just did.
    async fn fetch(&self, left: Duration) -> provider::Result {
        let _turn = self.turn.lock().await;
        if let Some(credentials) = self.good(left) {
            return Ok(credentials);
        }
        let credentials = self.source.provide_credentials().await?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.credentials = Some(credentials.clone());
        Ok(credentials)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Gives credentials that are numbered, each good for so many seconds.
    #[derive(Debug)]
    struct Numbered(Arc<AtomicUsize>, u64);

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let expiry = SystemTime::now() + Duration::from_secs(self.1);
            let credentials = Credentials::new(number.to_string(), "s", None, Some(expiry), "test");
            future::ProvideCredentials::ready(Ok(credentials))
        }
    }

    async fn three(seconds: u64) -> (Vec<String>, usize) {
        let fetched = Arc::new(AtomicUsize::new(0));
        let source = Numbered(Arc::clone(&fetched), seconds);
        let refreshed = Refreshed::new(SharedCredentialsProvider::new(source));
        let mut keys = Vec::new();
        for _ in 0..3 {
            keys.push(refreshed.get().await.unwrap().access_key_id().to_owned());
            // On one thread, what was started in the background gets its turn.
            tokio::task::yield_now().await;
        }
        (keys, fetched.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn the_good_are_kept_the_ageing_replaced_behind_the_call_and_the_expired_before_it() {
        assert_eq!(
            three(3600).await,
            (vec!["0".into(), "0".into(), "0".into()], 1)
        );
        // Not with each call: what is fetched ages no less.
        assert_eq!(
            three(100).await,
            (vec!["0".into(), "0".into(), "1".into()], 2)
        );
        assert_eq!(
            three(5).await,
            (vec!["0".into(), "1".into(), "2".into()], 3)
        );
    }
}

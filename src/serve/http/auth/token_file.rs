//! `TokenFile`: the bearer tokens of a port, from a file that is read again every second.
//!
//! A request must not wait for the file system, and a revoked token must not work until the next request has caused a
//! read. So a task reads the file, whether there are requests or not. It exists only if tokens are configured.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::fault_injection;
use crate::fingerprint;
use crate::limits;
use crate::metric::thread_activity::ThreadActivity;
use crate::regular_file;
use crate::serve::http::auth::bearer_token::BearerTokens;
use crate::serve::shutdown_watch;

/// The interval of file checks.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);

/// The token files of the ports that require a token.
#[derive(Debug, Clone, Default)]
pub struct PortTokens {
    /// Of the evaluation port.
    pub evaluation: Option<Arc<TokenFile>>,
    /// Of the OFREP port.
    pub ofrep: Option<Arc<TokenFile>>,
    /// Of the flag sync port.
    pub sync: Option<Arc<TokenFile>>,
}

impl PortTokens {
    /// Returns the files.
    pub fn files(&self) -> impl Iterator<Item = &Arc<TokenFile>> {
        [&self.evaluation, &self.ofrep, &self.sync]
            .into_iter()
            .flatten()
    }
}

/// The valid tokens of a port, and their file.
#[derive(Debug)]
pub struct TokenFile {
    path: PathBuf,
    /// The interval of file checks.
    reload_interval: Duration,
    tokens: ArcSwap<BearerTokens>,
    /// The digest of the content at the start.
    first_digest: u128,
    /// The activity of the thread that reads the file.
    pub activity: Arc<ThreadActivity>,
}

/// The state of the file at the last check.
struct FollowedContent {
    /// The digest of the content that has the active tokens.
    active: u128,
    /// The digest of the last content, or the error.
    last_read: Result<u128, String>,
    /// The error that has been logged.
    reported: Option<String>,
}

impl TokenFile {
    /// Reads a file. `name` denotes it in `/readyz` and metrics.
    ///
    /// # Errors
    /// If it cannot be read, has no token, or is invalid, with the text for the operator.
    pub fn load(path: PathBuf, name: &str) -> Result<TokenFile, String> {
        TokenFile::load_with_interval(path, name, RELOAD_INTERVAL)
    }

    /// Reads a file, which is checked again after each `reload_interval`.
    ///
    /// # Errors
    /// As [`TokenFile::load`].
    pub fn load_with_interval(
        path: PathBuf,
        name: &str,
        reload_interval: Duration,
    ) -> Result<TokenFile, String> {
        let bytes = read(&path)?;
        Ok(TokenFile {
            tokens: ArcSwap::from_pointee(BearerTokens::parse(&bytes)?),
            first_digest: fingerprint::bytes_128(&bytes),
            path,
            reload_interval,
            activity: Arc::new(ThreadActivity::new(name)),
        })
    }

    /// Returns true if `given` is a valid token.
    pub fn matches(&self, given: &[u8]) -> bool {
        self.tokens.load().matches(given)
    }

    /// Checks the file at intervals until `shutdown` turns true.
    pub async fn follow(self: Arc<TokenFile>, mut shutdown: watch::Receiver<bool>) {
        let mut content = FollowedContent {
            active: self.first_digest,
            last_read: Ok(self.first_digest),
            reported: None,
        };
        let shutdown = shutdown_watch::requested(&mut shutdown);
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.reload_interval) => {}
                () = &mut shutdown => return,
            }
            tokio::select! {
                read = self.clone().read_on_blocking_thread() => self.apply(read, &mut content),
                () = &mut shutdown => return,
            }
        }
    }

    /// Reads the file on a blocking thread: the file system may not respond.
    async fn read_on_blocking_thread(self: Arc<TokenFile>) -> Result<Vec<u8>, String> {
        let read = move || self.activity.during(|| read(&self.path));
        let done = tokio::task::spawn_blocking(read).await;
        // Two panics of the same kind must have the same text.
        done.unwrap_or_else(|_| Err("the thread that reads it panicked".to_owned()))
    }

    /// Applies a content that two successive checks have found, so that a file that is being written is not used.
    fn apply(&self, read: Result<Vec<u8>, String>, content: &mut FollowedContent) {
        let digest = read.as_ref().map(|bytes| fingerprint::bytes_128(bytes));
        let digest = digest.map_err(Clone::clone);
        let is_stable = digest == content.last_read;
        content.last_read.clone_from(&digest);
        if !is_stable {
            return;
        }
        if digest == Ok(content.active) {
            content.reported = None;
            return;
        }
        let path = self.path.display();
        match read.and_then(|bytes| BearerTokens::parse(&bytes)) {
            Ok(tokens) => {
                let count = tokens.count();
                self.tokens.store(Arc::new(tokens));
                content.active = digest.unwrap_or_default();
                content.reported = None;
                tracing::info!(%path, count, "bearer tokens reloaded");
            }
            Err(error) if content.reported.as_ref() != Some(&error) => {
                tracing::error!(%path, error, "cannot reload the bearer tokens: keeping the previous ones");
                content.reported = Some(error);
            }
            Err(_) => {}
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fault_injection::file_point("token-read", path);
    regular_file::read(path, limits::TOKEN_FILE).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"old-token-of-this-port";
    const NEW: &[u8] = b"new-token-of-this-port";

    #[test]
    fn content_applies_when_two_checks_have_found_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tokens");
        std::fs::write(&path, OLD).expect("written");
        let file = TokenFile::load(path, "tokens").expect("a token");
        let mut content = FollowedContent {
            active: file.first_digest,
            last_read: Ok(file.first_digest),
            reported: None,
        };
        let mut valid = |read: Result<&[u8], &str>| {
            let read = read.map(<[u8]>::to_vec).map_err(str::to_owned);
            file.apply(read, &mut content);
            (
                file.matches(OLD),
                file.matches(NEW),
                content.reported.is_some(),
            )
        };
        let old = (true, false, false);
        // A file that is being written is truncated at first.
        assert_eq!(valid(Ok(b"")), old);
        assert_eq!(valid(Ok(NEW.get(..17).expect("a part"))), old);
        assert_eq!(valid(Ok(NEW)), old);
        assert_eq!(valid(Ok(NEW)), (false, true, false));
        for broken in [Ok(&b"\n"[..]), Ok(&b"short"[..]), Err("no such file")] {
            assert!(valid(broken).1);
            assert_eq!(valid(broken), (false, true, true));
        }
        // The content of the active tokens.
        assert_eq!(valid(Ok(NEW)), (false, true, true));
        assert_eq!(valid(Ok(NEW)), (false, true, false));
        let both = [OLD, b"\n", NEW].concat();
        assert_eq!(valid(Ok(&both)), (false, true, false));
        assert_eq!(valid(Ok(&both)), (true, true, false));
    }
}

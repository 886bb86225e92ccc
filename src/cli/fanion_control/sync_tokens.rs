//! The tokens of replicas, each of which selects an environment. Their files are read again every second.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::control::fleet::environment::FleetTokens;
use crate::limits;
use crate::regular_file;
use crate::serve::http::auth::bearer_token::BearerTokens;
use crate::serve::shutdown_watch;
use crate::wire::content_hash::ContentHash;

/// The interval of file checks.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);

/// The files of tokens, and the tokens that are valid.
pub struct SyncTokenFiles {
    files: Vec<(String, PathBuf)>,
    environments: BTreeMap<String, PathBuf>,
    /// The valid tokens.
    pub tokens: Arc<ArcSwap<FleetTokens>>,
}

impl SyncTokenFiles {
    /// Reads the files of tokens.
    ///
    /// # Errors
    /// If a file names no environment, has no valid token, or a token of another file.
    pub fn load(
        files: &[(String, PathBuf)],
        environments: &BTreeMap<String, PathBuf>,
    ) -> Result<SyncTokenFiles, String> {
        let tokens = read(files, environments)?;
        Ok(SyncTokenFiles {
            files: files.to_vec(),
            environments: environments.clone(),
            tokens: Arc::new(ArcSwap::from_pointee(tokens)),
        })
    }

    /// Checks the files at intervals until the shutdown. A content counts when two checks have found it, so that a file
    /// that is being written is not used; all files change together, or none does.
    pub async fn follow(self, mut shutdown: watch::Receiver<bool>) {
        if self.files.is_empty() {
            return shutdown_watch::requested(&mut shutdown).await;
        }
        let mut last = Ok(self.tokens.load_full());
        let mut reported = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(RELOAD_INTERVAL) => {}
                () = shutdown_watch::requested(&mut shutdown) => return,
            }
            let (files, environments) = (self.files.clone(), self.environments.clone());
            let read = tokio::task::spawn_blocking(move || read(&files, &environments)).await;
            let read =
                read.unwrap_or_else(|_| Err("the thread that reads them panicked".to_owned()));
            let found = read.map(Arc::new);
            if found == last {
                self.apply(&found, &mut reported);
            }
            last = found;
        }
    }

    fn apply(&self, found: &Result<Arc<FleetTokens>, String>, reported: &mut Option<String>) {
        match found {
            Ok(tokens) => {
                *reported = None;
                if **tokens != **self.tokens.load() {
                    self.tokens.store(tokens.clone());
                    tracing::info!(count = tokens.0.len(), "tokens of replicas reloaded");
                }
            }
            Err(error) if reported.as_ref() != Some(error) => {
                tracing::error!(
                    error,
                    "cannot reload the tokens of replicas: keeping the previous ones"
                );
                *reported = Some(error.clone());
            }
            Err(_) => {}
        }
    }
}

fn read(
    files: &[(String, PathBuf)],
    environments: &BTreeMap<String, PathBuf>,
) -> Result<FleetTokens, String> {
    let mut tokens: Vec<(ContentHash, String)> = Vec::new();
    for (name, path) in files {
        let unusable = |why: &dyn std::fmt::Display| {
            format!("cannot use {} for --sync-token-path: {why}", path.display())
        };
        if !environments.contains_key(name) {
            return Err(unusable(&format_args!("there is no environment `{name}`")));
        }
        let bytes = regular_file::read(path, limits::TOKEN_FILE).map_err(|e| unusable(&e))?;
        BearerTokens::parse(&bytes).map_err(|error| unusable(&error))?;
        let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        for token in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
            let hash = ContentHash::of(token);
            if let Some((_, other)) = tokens.iter().find(|(known, _)| *known == hash) {
                return Err(unusable(&format_args!(
                    "one of its tokens is also for `{other}`"
                )));
            }
            tokens.push((hash, name.clone()));
        }
    }
    let needs_tokens = environments.len() > 1 || !tokens.is_empty();
    let lacking = environments
        .keys()
        .find(|name| !tokens.iter().any(|(_, of)| of == *name));
    if let Some(name) = lacking.filter(|_| needs_tokens) {
        return Err(format!(
            "the environment `{name}` has no tokens: pass --sync-token-path {name}=FILE; the token of a replica selects its environment"
        ));
    }
    Ok(FleetTokens(tokens))
}

//! Reads the certificates and bearer tokens at the start, and registers the threads that read them again.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::serve::TokenPaths;
use crate::limits;
use crate::metric::registry::Metrics;
use crate::metric::thread_activity::ThreadActivities;
use crate::serve::Listeners;
use crate::serve::ServeConfig;
use crate::serve::http::auth::token_file::PortTokens;
use crate::serve::http::auth::token_file::TokenFile;
use crate::serve::listen::certificate_expiry;
use crate::serve::listen::tls::ReloadableTlsConfig;
use crate::serve::listen::tls::TlsPaths;

/// Reads the certificates on a blocking thread: the file system may not respond.
///
/// # Errors
/// If a file is invalid, or cannot be read in time.
pub async fn load_tls(paths: TlsPaths) -> Result<ReloadableTlsConfig, String> {
    let certificate = paths.certificate.clone();
    let loaded = tokio::task::spawn_blocking(move || ReloadableTlsConfig::load(paths));
    match tokio::time::timeout(limits::CREDENTIALS_LOAD_TIMEOUT, loaded).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(error)) => Err(format!("cannot read the TLS files: {error}")),
        Err(_) => Err(format!(
            "the TLS files cannot be read within {:?}: {}",
            limits::CREDENTIALS_LOAD_TIMEOUT,
            certificate.display()
        )),
    }
}

/// Reads the bearer tokens.
///
/// # Errors
/// If a file has no token, is invalid, or cannot be read in time.
pub async fn load_tokens(paths: &TokenPaths) -> Result<PortTokens, String> {
    Ok(PortTokens {
        evaluation: load_token_file(paths.evaluation.as_ref(), "evaluation").await?,
        ofrep: load_token_file(paths.ofrep.as_ref(), "ofrep").await?,
        sync: load_token_file(paths.sync.as_ref(), "sync").await?,
    })
}

/// Reads the tokens of a port on a blocking thread: the file system may not respond.
async fn load_token_file(
    path: Option<&PathBuf>,
    port: &'static str,
) -> Result<Option<Arc<TokenFile>>, String> {
    let Some(path) = path.cloned() else {
        return Ok(None);
    };
    let unusable = format!("cannot use {} for --{port}-token-path", path.display());
    let name = format!("{port} tokens");
    let loaded = tokio::task::spawn_blocking(move || TokenFile::load(path, &name));
    let timeout = limits::CREDENTIALS_LOAD_TIMEOUT;
    match tokio::time::timeout(timeout, loaded).await {
        Ok(Ok(Ok(file))) => Ok(Some(Arc::new(file))),
        Ok(Ok(Err(why))) => Err(format!("{unusable}: {why}")),
        Ok(Err(error)) => Err(format!("{unusable}: {error}")),
        Err(_) => Err(format!("{unusable}: it cannot be read within {timeout:?}")),
    }
}

/// Registers the threads that read the files again, and the metric of the certificates' expiry.
pub fn register(
    metrics: &Metrics,
    activities: &ThreadActivities,
    listeners: &Listeners,
    config: &ServeConfig,
) {
    for file in config.tokens.files() {
        activities.add(file.activity.clone());
    }
    if let Some(tls) = listeners.tls.clone() {
        activities.add(tls.activity.clone());
        metrics.register(move || vec![certificate_expiry::expiry_family(tls.expiry())]);
    }
}

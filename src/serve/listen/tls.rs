//! Server TLS: certificates, key and client CA from files, reloaded when their contents change.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::fingerprint;
use crate::tls::client_verifier::ClientVerifier;
use crate::tls::private_key;
use crate::tls::provider;
use crate::tls::trust_store::TrustStore;

/// The minimum interval of file checks. Files are checked only when a connection arrives.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);

/// The paths of the files, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsPaths {
    /// The certificate chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key of the server's certificate.
    pub key: PathBuf,
    /// The CA of client certificates. Without it no client certificate is required.
    pub client_ca: Option<PathBuf>,
}

/// The active TLS configuration, and the state of its files.
#[derive(Debug)]
pub struct ReloadableTlsConfig {
    paths: TlsPaths,
    /// The interval of file checks.
    reload_interval: Duration,
    config: ArcSwap<ServerConfig>,
    file_state: Mutex<TlsFileState>,
}

/// The state of the files at the last check.
#[derive(Debug)]
struct TlsFileState {
    last_check: Instant,
    /// Digests of the contents, so that the key is kept in the configuration only.
    digests: Vec<u128>,
    last_error: Option<String>,
}

impl ReloadableTlsConfig {
    /// Reads the files.
    ///
    /// # Errors
    /// If a file cannot be read, or key and certificate do not match, with the text for the operator.
    pub fn load(paths: TlsPaths) -> Result<ReloadableTlsConfig, String> {
        ReloadableTlsConfig::load_with_interval(paths, RELOAD_INTERVAL)
    }

    /// Reads the files, and checks them again after `reload_interval`.
    ///
    /// # Errors
    /// As [`ReloadableTlsConfig::load`].
    pub fn load_with_interval(
        paths: TlsPaths,
        reload_interval: Duration,
    ) -> Result<ReloadableTlsConfig, String> {
        let digests = paths.digests()?;
        let config = ArcSwap::from_pointee(paths.config()?);
        let file_state = Mutex::new(TlsFileState {
            last_check: Instant::now(),
            digests,
            last_error: None,
        });
        Ok(ReloadableTlsConfig {
            paths,
            reload_interval,
            config,
            file_state,
        })
    }

    /// The configuration for a new connection. If a file check is due, it runs in the background on a blocking thread,
    /// because the file system may be slow.
    pub fn config(self: &Arc<ReloadableTlsConfig>) -> Arc<ServerConfig> {
        // If the state is locked, a check is already running.
        let due = |state: &mut TlsFileState| state.last_check.elapsed() >= self.reload_interval;
        if self
            .file_state
            .try_lock()
            .is_ok_and(|mut state| due(&mut state))
        {
            let tls = self.clone();
            tokio::task::spawn_blocking(move || tls.reload_if_due());
        }
        self.config.load_full()
    }

    /// The error of the last reload, if the active certificates are not those of the files.
    pub fn last_error(&self) -> Option<String> {
        self.lock_file_state().last_error.clone()
    }

    fn lock_file_state(&self) -> MutexGuard<'_, TlsFileState> {
        self.file_state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn reload_if_due(&self) {
        let mut state = self.lock_file_state();
        if state.last_check.elapsed() < self.reload_interval {
            return;
        }
        let renewed = self.reload_if_changed(&mut state);
        state.last_check = Instant::now();
        let new_error = renewed.as_ref().err().cloned();
        let certificate = self.paths.certificate.display();
        match renewed {
            Ok(true) => tracing::info!(%certificate, "TLS certificate reloaded"),
            Err(error) if state.last_error != new_error => {
                tracing::error!(%certificate, %error, "cannot reload the TLS certificate: keeping the previous one");
            }
            Ok(false) | Err(_) => {}
        }
        state.last_error = new_error;
    }

    fn reload_if_changed(&self, state: &mut TlsFileState) -> Result<bool, String> {
        let digests = self.paths.digests()?;
        if digests == state.digests {
            return Ok(false);
        }
        self.config.store(Arc::new(self.paths.config()?));
        state.digests = digests;
        Ok(true)
    }
}

impl TlsPaths {
    fn all(&self) -> impl Iterator<Item = &Path> {
        let files = [
            Some(&self.certificate),
            Some(&self.key),
            self.client_ca.as_ref(),
        ];
        files.into_iter().flatten().map(PathBuf::as_path)
    }

    fn digests(&self) -> Result<Vec<u128>, String> {
        let digest = |path: &Path| {
            let bytes = std::fs::read(path).map_err(|error| unusable_file(path, &error))?;
            Ok(fingerprint::bytes_128(&bytes))
        };
        self.all().map(digest).collect()
    }

    fn config(&self) -> Result<ServerConfig, String> {
        let chain = certificates(&self.certificate)?;
        let key = private_key::read(&self.key).map_err(|error| unusable_file(&self.key, &error))?;
        let builder = ServerConfig::builder_with_provider(provider::crypto_provider())
            .with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut trust = TrustStore::empty();
                for certificate in certificates(path)? {
                    trust
                        .add(certificate)
                        .map_err(|error| unusable_file(path, &error))?;
                }
                let verifier = ClientVerifier::new(trust);
                let verifier = verifier.map_err(|error| unusable_file(path, &error))?;
                builder.with_client_cert_verifier(Arc::new(verifier))
            }
        };
        let config = builder.with_single_cert(chain, key);
        let mut config = config.map_err(|error| {
            let (certificate, key) = (self.certificate.display(), self.key.display());
            let why = provider::describe_error(error);
            format!("cannot use certificate `{certificate}` with key `{key}`: {why}")
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates: Vec<_> = certificates.map_err(|error| unusable_file(path, &error))?;
    if certificates.is_empty() {
        return Err(unusable_file(path, &"no certificate found"));
    }
    Ok(certificates)
}

fn unusable_file(path: &Path, why: &impl std::fmt::Display) -> String {
    format!("cannot use {}: {why}", path.display())
}

//! Server TLS: certificates, key and client CA from files, reloaded when their contents change.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::fault_injection;
use crate::fingerprint;
use crate::limits;
use crate::metric::thread_activity::ThreadActivity;
use crate::regular_file;
use crate::serve::listen::certificate_expiry;
use crate::serve::listen::certificate_expiry::Validity;
use crate::tls::certificate;
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
    /// The time when the first certificate of the active chain expires, in seconds since the epoch.
    expiry: AtomicI64,
    /// The activity of the thread that reads the files.
    pub activity: Arc<ThreadActivity>,
    file_state: Mutex<TlsFileState>,
}

/// The state of the files at the last check.
#[derive(Debug)]
struct TlsFileState {
    last_check: Instant,
    /// Digests of the contents, so that the key is kept in the configuration only.
    digests: Vec<u128>,
    last_error: Option<String>,
    /// The validity of the active certificate that was logged.
    reported_validity: Validity,
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
        let files = TlsFiles::read(&paths)?;
        let (config, expiry) = files.config(&paths)?;
        let state = TlsFileState {
            last_check: Instant::now(),
            digests: files.digests(),
            last_error: None,
            reported_validity: Validity::Valid,
        };
        let tls = ReloadableTlsConfig {
            paths,
            reload_interval,
            config: ArcSwap::from_pointee(config),
            expiry: AtomicI64::new(expiry),
            activity: Arc::new(ThreadActivity::new("TLS certificates")),
            file_state: Mutex::new(state),
        };
        tls.warn_about_expiry(&mut tls.lock_file_state());
        Ok(tls)
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

    /// Returns the time when the first certificate of the active chain expires, in seconds since the epoch.
    pub fn expiry(&self) -> i64 {
        self.expiry.load(Ordering::Relaxed)
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
        let renewed = self.activity.during(|| self.reload_if_changed(&mut state));
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
        self.warn_about_expiry(&mut state);
    }

    fn reload_if_changed(&self, state: &mut TlsFileState) -> Result<bool, String> {
        let files = TlsFiles::read(&self.paths)?;
        let digests = files.digests();
        if digests == state.digests {
            return Ok(false);
        }
        let (config, expiry) = files.config(&self.paths)?;
        self.config.store(Arc::new(config));
        self.expiry.store(expiry, Ordering::Relaxed);
        state.digests = digests;
        state.reported_validity = Validity::Valid;
        Ok(true)
    }

    /// Logs once that the active certificate expires soon, and once that it has expired.
    fn warn_about_expiry(&self, state: &mut TlsFileState) {
        let expiry_timestamp = self.expiry();
        let validity = certificate_expiry::validity(expiry_timestamp, SystemTime::now());
        if validity <= state.reported_validity {
            return;
        }
        state.reported_validity = validity;
        let certificate = self.paths.certificate.display();
        if validity == Validity::Expired {
            tracing::error!(%certificate, expiry_timestamp, "the TLS certificate has expired; clients refuse it");
        } else {
            tracing::warn!(%certificate, expiry_timestamp, "the TLS certificate expires within a week");
        }
    }
}

/// The contents of the files.
struct TlsFiles {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl TlsFiles {
    fn read(paths: &TlsPaths) -> Result<TlsFiles, String> {
        let read = |path: &Path| {
            fault_injection::file_point("tls-read", path);
            let bytes = regular_file::read(path, limits::PEM_FILE);
            bytes.map_err(|error| unusable_file(path, &error))
        };
        Ok(TlsFiles {
            certificate: read(&paths.certificate)?,
            key: read(&paths.key)?,
            client_ca: paths.client_ca.as_deref().map(read).transpose()?,
        })
    }

    fn digests(&self) -> Vec<u128> {
        let files = [
            Some(&self.certificate),
            Some(&self.key),
            self.client_ca.as_ref(),
        ];
        let files = files.into_iter().flatten();
        files.map(|bytes| fingerprint::bytes_128(bytes)).collect()
    }

    /// Returns the configuration, and the time when the first certificate of the chain expires.
    fn config(&self, paths: &TlsPaths) -> Result<(ServerConfig, i64), String> {
        let chain = certificates(&self.certificate, &paths.certificate)?;
        let times = chain
            .iter()
            .filter_map(|found| certificate::not_after(found));
        let expiry = times.min().unwrap_or(i64::MAX);
        let key =
            private_key::parse(&self.key).map_err(|error| unusable_file(&paths.key, &error))?;
        let builder = ServerConfig::builder_with_provider(provider::crypto_provider())
            .with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?;
        let builder = match (&self.client_ca, &paths.client_ca) {
            (Some(pem), Some(path)) => {
                let verifier = ClientVerifier::new(client_roots(pem, path)?);
                let verifier = verifier.map_err(|error| unusable_file(path, &error))?;
                builder.with_client_cert_verifier(Arc::new(verifier))
            }
            _ => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(chain, key);
        let mut config = config.map_err(|error| {
            let (certificate, key) = (paths.certificate.display(), paths.key.display());
            let why = provider::describe_error(error);
            format!("cannot use certificate `{certificate}` with key `{key}`: {why}")
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok((config, expiry))
    }
}

fn client_roots(pem: &[u8], path: &Path) -> Result<TrustStore, String> {
    let mut trust = TrustStore::empty();
    for certificate in certificates(pem, path)? {
        trust
            .add(certificate)
            .map_err(|error| unusable_file(path, &error))?;
    }
    Ok(trust)
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|error| unusable_file(path, &error))?;
    if certificates.is_empty() {
        return Err(unusable_file(path, &"no certificate found"));
    }
    Ok(certificates)
}

fn unusable_file(path: &Path, why: &impl std::fmt::Display) -> String {
    format!("cannot use {}: {why}", path.display())
}

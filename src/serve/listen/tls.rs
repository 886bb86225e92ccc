//! TLS on the ports that leave the pod. Certificates are read again when their files change.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use arc_swap::ArcSwap;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::WebPkiClientVerifier;

/// How often the files are looked at, and only while somebody connects.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);

/// The files, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsPaths {
    /// The certificate chain, our own certificate first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Certificates that sign those of clients. Without it clients need none.
    pub client_ca: Option<PathBuf>,
}

/// The certificates in force.
#[derive(Debug)]
pub struct ReloadableTlsConfig {
    paths: TlsPaths,
    /// How often the files are looked at.
    reload_interval: Duration,
    config: ArcSwap<ServerConfig>,
    file_state: Mutex<TlsFileState>,
}

/// What is known of the files.
#[derive(Debug)]
struct TlsFileState {
    last_check: Instant,
    /// Digests of their contents: the key itself is kept where it is used and nowhere else.
    digests: Vec<u128>,
    last_error: Option<String>,
}

impl ReloadableTlsConfig {
    /// Reads the files.
    ///
    /// # Errors
    /// A sentence for the operator, if they cannot be read or do not belong together.
    pub fn load(paths: TlsPaths) -> Result<ReloadableTlsConfig, String> {
        ReloadableTlsConfig::load_with_interval(paths, RELOAD_INTERVAL)
    }

    /// Reads the files, and will look at them again after `every`.
    ///
    /// # Errors
    /// The same.
    pub fn load_with_interval(
        paths: TlsPaths,
        reload_interval: Duration,
    ) -> Result<ReloadableTlsConfig, String> {
        let digests = paths.digests()?;
        let config = ArcSwap::from_pointee(paths.config()?);
        let seen = Mutex::new(TlsFileState {
            last_check: Instant::now(),
            digests,
            last_error: None,
        });
        Ok(ReloadableTlsConfig {
            paths,
            reload_interval,
            config,
            file_state: seen,
        })
    }

    /// What a new connection is to use. The files are looked at meanwhile, away from the connections: a file system may
    /// be slow.
    pub fn config(self: &Arc<ReloadableTlsConfig>) -> Arc<ServerConfig> {
        // Where somebody is looking already nobody else has to.
        let due = |seen: &mut TlsFileState| seen.last_check.elapsed() >= self.reload_interval;
        if self
            .file_state
            .try_lock()
            .is_ok_and(|mut seen| due(&mut seen))
        {
            let tls = self.clone();
            tokio::task::spawn_blocking(move || tls.reload_if_due());
        }
        self.config.load_full()
    }

    /// Why the certificates in force are not those of the files, if they are not.
    pub fn last_error(&self) -> Option<String> {
        self.lock_file_state().last_error.clone()
    }

    fn lock_file_state(&self) -> MutexGuard<'_, TlsFileState> {
        self.file_state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn reload_if_due(&self) {
        let mut seen = self.lock_file_state();
        if seen.last_check.elapsed() < self.reload_interval {
            return;
        }
        let renewed = self.reload_if_changed(&mut seen);
        seen.last_check = Instant::now();
        let trouble = renewed.as_ref().err().cloned();
        let certificate = self.paths.certificate.display();
        match renewed {
            Ok(true) => tracing::info!(%certificate, "the certificate is renewed"),
            Err(error) if seen.last_error != trouble => {
                tracing::error!(%certificate, %error, "the certificate cannot be renewed; the one before stays in force");
            }
            Ok(false) | Err(_) => {}
        }
        seen.last_error = trouble;
    }

    fn reload_if_changed(&self, seen: &mut TlsFileState) -> Result<bool, String> {
        let digests = self.paths.digests()?;
        if digests == seen.digests {
            return Ok(false);
        }
        self.config.store(Arc::new(self.paths.config()?));
        seen.digests = digests;
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
            Ok(murmur3::murmur3_x64_128(&mut &*bytes, 0).unwrap_or_default())
        };
        self.all().map(digest).collect()
    }

    fn config(&self) -> Result<ServerConfig, String> {
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| unusable_file(&self.key, &error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots
                        .add(certificate)
                        .map_err(|error| unusable_file(path, &error))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(
                    verifier.map_err(|error| unusable_file(path, &error))?,
                )
            }
        };
        let config = builder.with_single_cert(chain, key);
        let mut config = config.map_err(|error| {
            let (certificate, key) = (self.certificate.display(), self.key.display());
            format!(
                "the certificate {certificate} and the key {key} cannot be used together: {error}"
            )
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates: Vec<_> = certificates.map_err(|error| unusable_file(path, &error))?;
    if certificates.is_empty() {
        return Err(unusable_file(path, &"there is no certificate in it"));
    }
    Ok(certificates)
}

fn unusable_file(path: &Path, why: &impl std::fmt::Display) -> String {
    format!("cannot use {}: {why}", path.display())
}

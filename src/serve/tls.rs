//! TLS on the ports that leave the pod. Certificates are read again when their files change.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::WebPkiClientVerifier;

/// How often the files are looked at, and only while somebody connects.
const LOOK: Duration = Duration::from_secs(1);

/// The files, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The certificate chain, our own certificate first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Certificates that sign those of clients. Without it clients need none.
    pub client_ca: Option<PathBuf>,
}

/// The certificates in force.
#[derive(Debug)]
pub struct Tls {
    paths: Paths,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    looked: Instant,
    contents: Vec<Vec<u8>>,
    config: Arc<ServerConfig>,
    trouble: Option<String>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// A sentence for the operator, if they cannot be read or do not belong together.
    pub fn load(paths: Paths) -> Result<Tls, String> {
        let contents = paths.read()?;
        let config = Arc::new(paths.config()?);
        let state = State {
            looked: Instant::now(),
            contents,
            config,
            trouble: None,
        };
        Ok(Tls {
            paths,
            state: Mutex::new(state),
        })
    }

    /// What a new connection is to use. When the files have changed, the new ones, unless they are no good.
    pub fn config(&self) -> Arc<ServerConfig> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK {
            state.looked = Instant::now();
            self.renew(&mut state);
        }
        state.config.clone()
    }

    fn renew(&self, state: &mut State) {
        let renewed = self.paths.read().and_then(|contents| {
            if contents == state.contents {
                return Ok(false);
            }
            state.config = Arc::new(self.paths.config()?);
            state.contents = contents;
            Ok(true)
        });
        let trouble = renewed.as_ref().err().cloned();
        match renewed {
            Ok(true) => {
                tracing::info!(certificate = %self.paths.certificate.display(), "the certificate is renewed");
            }
            Err(error) if state.trouble != trouble => {
                tracing::error!(%error, "the certificate cannot be renewed; the one before stays in force");
            }
            Ok(false) | Err(_) => {}
        }
        state.trouble = trouble;
    }
}

impl Paths {
    fn all(&self) -> impl Iterator<Item = &Path> {
        let files = [
            Some(&self.certificate),
            Some(&self.key),
            self.client_ca.as_ref(),
        ];
        files.into_iter().flatten().map(PathBuf::as_path)
    }

    fn read(&self) -> Result<Vec<Vec<u8>>, String> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| cannot(path, &error));
        self.all().map(read).collect()
    }

    fn config(&self) -> Result<ServerConfig, String> {
        let chain = certificates(&self.certificate)?;
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|error| cannot(&self.key, &error))?;
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
                        .map_err(|error| cannot(path, &error))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| cannot(path, &error))?)
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
    let certificates: Vec<_> = certificates.map_err(|error| cannot(path, &error))?;
    if certificates.is_empty() {
        return Err(cannot(path, &"there is no certificate in it"));
    }
    Ok(certificates)
}

fn cannot(path: &Path, why: &impl std::fmt::Display) -> String {
    format!("cannot use {}: {why}", path.display())
}

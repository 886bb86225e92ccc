//! `TrustStore`: the certificates that are trusted, as authorities and as peers.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::tls::certificate;

/// Trusted certificates. Each is an authority, and a peer may also present it itself.
#[derive(Debug, Clone)]
pub struct TrustStore {
    /// The certificates as authorities.
    pub roots: RootCertStore,
    /// The certificates that a peer may present itself.
    certificates: Vec<CertificateDer<'static>>,
}

impl TrustStore {
    /// A store that trusts nobody.
    pub fn empty() -> TrustStore {
        TrustStore {
            roots: RootCertStore::empty(),
            certificates: Vec::new(),
        }
    }

    /// Adds a certificate.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), rustls::Error> {
        self.roots.add(certificate.clone())?;
        self.certificates.push(certificate);
        Ok(())
    }

    /// Adds the certificates of a system, and skips malformed ones. The encoding is kept only of those that a server can
    /// present: the certificates of public authorities name no servers, and take 200 KiB.
    pub fn add_for_servers(&mut self, certificates: Vec<CertificateDer<'static>>) {
        self.roots
            .add_parsable_certificates(certificates.iter().cloned());
        let kept = certificates
            .into_iter()
            .filter(certificate::has_server_names);
        self.certificates.extend(kept);
    }

    /// Returns true if the store has this very certificate.
    pub fn contains(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates
            .iter()
            .any(|trusted| trusted == certificate)
    }
}

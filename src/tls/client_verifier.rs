//! `ClientVerifier`: verifies the certificates of clients for servers.

use std::sync::Arc;

use rustls::DigitallySignedStruct;
use rustls::DistinguishedName;
use rustls::Error;
use rustls::SignatureScheme;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::UnixTime;
use rustls::server::ParsedCertificate;
use rustls::server::VerifierBuilderError;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerified;
use rustls::server::danger::ClientCertVerifier;

use crate::tls::certificate;
use crate::tls::certificate::PeerRole;
use crate::tls::provider;
use crate::tls::trust_store::TrustStore;

/// Verifies clients: a chain to a trusted authority, or a trusted certificate itself. A client must present one.
#[derive(Debug)]
pub struct ClientVerifier {
    trust: TrustStore,
    chain_verifier: Arc<dyn ClientCertVerifier>,
}

impl ClientVerifier {
    /// A verifier of clients with certificates from `trust`.
    ///
    /// # Errors
    /// If `trust` is empty.
    pub fn new(trust: TrustStore) -> Result<ClientVerifier, VerifierBuilderError> {
        let (roots, provider) = (Arc::new(trust.roots.clone()), provider::crypto_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
        Ok(ClientVerifier {
            trust,
            chain_verifier: verifier.build()?,
        })
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain_verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if !self.trust.contains(end_entity) {
            return self
                .chain_verifier
                .verify_client_cert(end_entity, intermediates, now);
        }
        // Rejects unknown critical extensions.
        ParsedCertificate::try_from(end_entity)?;
        certificate::check_trusted(end_entity, PeerRole::Client, now)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain_verifier
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain_verifier
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain_verifier.supported_verify_schemes()
    }
}

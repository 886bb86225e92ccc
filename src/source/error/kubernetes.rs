//! `KubernetesError`: a reason why the Kubernetes API delivers no resource. Each says which right, file or object is missing.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use http::StatusCode;

use crate::http_client::tls::TlsError;
use crate::source::error::kind::SourceErrorKind;

/// The resource and its group, as roles name them.
const RESOURCE: &str = "featureflags.core.openfeature.dev";

/// A reason why the Kubernetes API delivers no resource.
#[derive(Debug)]
pub enum KubernetesError {
    /// The process runs outside of a cluster, and no kubeconfig is named.
    OutsideCluster,
    /// A configuration file has this mistake, or uses what is not supported.
    Config(PathBuf, String),
    /// A file with the configuration or with credentials cannot be read.
    Unreadable(PathBuf, io::Error),
    /// There is no TLS configuration.
    Tls(TlsError),
    /// The server refuses a request.
    Refused(RefusedRequest),
    /// The cluster has no definition of the resource.
    NotInstalled,
    /// The cluster has the resource in these versions only.
    OtherVersions(String),
    /// There is no resource with this name: `NAMESPACE/NAME`.
    NoResource(String),
    /// The resource has no `spec.flagSpec`.
    NoFlagSpec,
    /// A response or an event is not what the API defines.
    Malformed(String),
    /// The server sends this error in place of an event.
    ErrorEvent(String),
    /// The watch ended as soon as it had begun.
    WatchEndedEarly,
}

/// A request that the server refuses.
#[derive(Debug)]
pub struct RefusedRequest {
    /// The verb as in roles: `list` or `watch`.
    pub verb: &'static str,
    /// The namespace of the resource.
    pub namespace: Box<str>,
    /// The status of the response.
    pub status: StatusCode,
    /// The explanation of the server; may be empty.
    pub message: String,
}

impl KubernetesError {
    /// Returns the kind of the error.
    pub fn kind(&self) -> SourceErrorKind {
        match self {
            KubernetesError::OutsideCluster
            | KubernetesError::Config(..)
            | KubernetesError::Unreadable(..) => SourceErrorKind::Io,
            KubernetesError::Tls(_) => SourceErrorKind::Tls,
            KubernetesError::Refused(_)
            | KubernetesError::ErrorEvent(_)
            | KubernetesError::WatchEndedEarly => SourceErrorKind::Http,
            KubernetesError::NotInstalled
            | KubernetesError::OtherVersions(_)
            | KubernetesError::NoResource(_) => SourceErrorKind::NotFound,
            KubernetesError::NoFlagSpec | KubernetesError::Malformed(_) => SourceErrorKind::Parse,
        }
    }
}

impl fmt::Display for KubernetesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KubernetesError::OutsideCluster => f.write_str(
                "not in a Kubernetes cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; outside of \
                 a cluster, set KUBECONFIG to the path of a kubeconfig file",
            ),
            KubernetesError::Config(path, why) => write!(f, "{}: {why}", path.display()),
            KubernetesError::Unreadable(path, error) => {
                write!(f, "cannot read {}: {error}", path.display())
            }
            KubernetesError::Tls(error) => error.fmt(f),
            KubernetesError::Refused(refused) => refused.fmt(f),
            KubernetesError::NotInstalled => write!(
                f,
                "the cluster has no resource {RESOURCE}: install its CustomResourceDefinition"
            ),
            KubernetesError::OtherVersions(versions) => write!(
                f,
                "the cluster has {RESOURCE} in version {versions}, not in v1beta1: install its current \
                 CustomResourceDefinition"
            ),
            KubernetesError::NoResource(name) => write!(f, "FeatureFlag `{name}` does not exist"),
            KubernetesError::NoFlagSpec => f.write_str("the FeatureFlag has no `spec.flagSpec`"),
            KubernetesError::Malformed(why) => {
                write!(f, "unexpected response of the Kubernetes API: {why}")
            }
            KubernetesError::ErrorEvent(why) => write!(f, "the watch failed: {why}"),
            KubernetesError::WatchEndedEarly => {
                f.write_str("the server ends each watch as soon as it has begun")
            }
        }
    }
}

impl fmt::Display for RefusedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, namespace) = (self.verb, &self.namespace);
        match self.status {
            StatusCode::FORBIDDEN => write!(
                f,
                "no permission to {verb} {RESOURCE} in namespace `{namespace}`: a Role must grant the verbs list and watch"
            )?,
            StatusCode::UNAUTHORIZED => write!(
                f,
                "cannot {verb} {RESOURCE}: the token or client certificate is not accepted, or has expired (401)"
            )?,
            status => write!(
                f,
                "cannot {verb} {RESOURCE} in namespace `{namespace}`: {status}"
            )?,
        }
        if self.message.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.message)
    }
}

impl Error for KubernetesError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            KubernetesError::Unreadable(_, error) => Some(error),
            KubernetesError::Tls(error) => Some(error),
            _ => None,
        }
    }
}

impl From<TlsError> for KubernetesError {
    fn from(error: TlsError) -> KubernetesError {
        KubernetesError::Tls(error)
    }
}

//! `SourceSpec`: the name, redacted name and kind of a source.

use std::path::PathBuf;
use std::sync::Arc;

use crate::source::spec::grpc::GrpcSpec;
use crate::source::spec::http::HttpSpec;
use crate::source::spec::kubernetes::KubernetesSpec;
use crate::source::spec::object_store::ObjectStoreSpec;

/// A source as the operator configures it.
#[derive(Clone)]
pub struct SourceSpec {
    /// Its name in selectors: the path of a file, HOST:PORT for `grpc(s)://`, NAMESPACE/NAME of a resource, otherwise the URI as written.
    pub name: Arc<str>,
    /// Its name in logs and metrics: the name without secrets.
    pub redacted_name: Arc<str>,
    /// Its kind, with the options of that kind.
    pub kind: SourceKind,
}

/// The kinds of sources.
#[derive(Debug, Clone)]
pub enum SourceKind {
    /// A file, the files of a directory, or those that match a glob.
    File(PathBuf),
    /// A document at a URL, polled.
    Http(Box<HttpSpec>),
    /// A flag sync service, which sends documents on a stream.
    Grpc(Box<GrpcSpec>),
    /// A `FeatureFlag` resource of Kubernetes, watched.
    Kubernetes(Box<KubernetesSpec>),
    /// An object in a bucket, polled.
    ObjectStore(Box<ObjectStoreSpec>),
}

impl SourceSpec {
    /// Returns the source of the file, directory or glob at `path`.
    pub fn from_path(path: impl Into<PathBuf>) -> SourceSpec {
        let path = path.into();
        let name: Arc<str> = path.to_string_lossy().into();
        SourceSpec {
            redacted_name: name.clone(),
            name,
            kind: SourceKind::File(path),
        }
    }
}

impl SourceKind {
    /// Returns the kind in one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            SourceKind::File(_) => "file",
            SourceKind::Http(_) => "http",
            SourceKind::Grpc(_) => "grpc",
            SourceKind::Kubernetes(_) => "kubernetes",
            SourceKind::ObjectStore(spec) => spec.store.kind().provider(),
        }
    }
}

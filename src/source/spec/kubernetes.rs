//! `KubernetesSpec`: the `FeatureFlag` resource of a Kubernetes source.

pub mod parse;

use std::path::PathBuf;

/// The API group of `FeatureFlag`, which is also the prefix of URIs.
pub const API_GROUP: &str = "core.openfeature.dev";

/// A `FeatureFlag` resource.
#[derive(Debug, Clone)]
pub struct KubernetesSpec {
    /// Its namespace.
    pub namespace: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// The kubeconfig file. Without one: the file of `KUBECONFIG`, or else the service account of the pod.
    pub kubeconfig: Option<PathBuf>,
}

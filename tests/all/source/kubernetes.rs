//! Flags from a `FeatureFlag` resource of Kubernetes.

pub mod connection;
pub mod kubeconfig;
pub mod refused_requests;
pub mod watch;

//! The configuration that Kubernetes gives to each pod: the address in variables, and a directory with token and authority.

use std::path::Path;

use reqwest::Url;

use crate::http_client::tls;
use crate::limits;
use crate::regular_file;
use crate::source::error::kubernetes::KubernetesError;
use crate::source::network::kubernetes::cluster_config::BearerCredential;
use crate::source::network::kubernetes::cluster_config::ClusterConfig;

/// The directory with the files of the service account.
pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Reads the configuration of a pod.
///
/// # Errors
/// If the variables are not set, or a file cannot be read.
pub fn load(
    directory: &Path,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<ClusterConfig, KubernetesError> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let address = set("KUBERNETES_SERVICE_HOST").zip(set("KUBERNETES_SERVICE_PORT"));
    let (host, port) = address.ok_or(KubernetesError::OutsideCluster)?;
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    let server = Url::parse(&format!("https://{host}:{port}")).map_err(|error| {
        let why = format!("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: {error}");
        KubernetesError::Config(directory.to_owned(), why)
    })?;
    let authority = directory.join("ca.crt");
    let pem = regular_file::read(&authority, limits::PEM_FILE);
    let pem = pem.map_err(|error| KubernetesError::Unreadable(authority.clone(), error))?;
    let Some(trust) = tls::parse_ca_pem(&pem) else {
        let why = "the file contains no certificate".to_owned();
        return Err(KubernetesError::Config(authority, why));
    };
    Ok(ClusterConfig {
        path: directory.to_owned(),
        server,
        trust: Some(trust),
        identity: None,
        token: BearerCredential::File(directory.join("token")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        match name {
            "KUBERNETES_SERVICE_HOST" => Some("fd00::1".to_owned()),
            "KUBERNETES_SERVICE_PORT" => Some("6443".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn pod_has_its_configuration_in_variables_and_files() {
        let directory = tempfile::tempdir().expect("a directory");
        let told = |error: KubernetesError| error.to_string();
        let outside = load(directory.path(), |_| None).map_err(told);
        assert!(
            outside
                .expect_err("an error")
                .starts_with("not in a Kubernetes cluster")
        );
        let missing = load(directory.path(), variable).map_err(told);
        assert!(
            missing
                .expect_err("an error")
                .contains("ca.crt: No such file")
        );
        let authority =
            rcgen::generate_simple_self_signed(["h".to_owned()]).expect("a certificate");
        let path = directory.path().join("ca.crt");
        std::fs::write(&path, "text").expect("written");
        let empty = load(directory.path(), variable).map_err(told);
        assert!(
            empty
                .expect_err("an error")
                .ends_with("the file contains no certificate")
        );
        std::fs::write(&path, authority.cert.pem()).expect("written");
        let config = load(directory.path(), variable).expect("a configuration");
        assert_eq!(config.server.as_str(), "https://[fd00::1]:6443/");
        assert!(matches!(config.token, BearerCredential::File(path) if path.ends_with("token")));
    }
}

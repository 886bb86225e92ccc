//! A bucket of Google Cloud Storage with application default credentials.

use std::sync::Arc;

use object_store::StaticCredentialProvider;
use object_store::gcp::GcpCredential;
use object_store::gcp::GoogleCloudStorage;
use object_store::gcp::GoogleCloudStorageBuilder;

use crate::source::error::object_store::ObjectStoreError;
use crate::source::network::object_store::environment::StoreEnvironment;
use crate::source::network::object_store::store_http::StoreConnector;
use crate::source::network::object_store::store_http::config_error;
use crate::source::network::object_store::store_http::no_retries;
use crate::source::spec::GcsOptions;

/// Returns the bucket. As in gocloud.dev, an emulator gets no credentials.
///
/// # Errors
/// If the file with the credentials cannot be read, or is of a kind that is not supported.
pub fn load(
    bucket: &str,
    options: &GcsOptions,
    environment: &StoreEnvironment,
    connector: StoreConnector,
) -> Result<GoogleCloudStorage, ObjectStoreError> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(bucket)
        .with_retry(no_retries())
        .with_http_connector(connector);
    let emulator = environment.get("STORAGE_EMULATOR_HOST");
    if let Some(host) = emulator {
        builder = builder.with_base_url(&emulator_url(host));
    } else if let Some(domain) = &options.universe_domain {
        builder = builder.with_base_url(&format!("https://storage.{domain}"));
    }
    if emulator.is_some() || options.anonymous {
        let bearer = String::new();
        let nobody = StaticCredentialProvider::new(GcpCredential { bearer });
        builder = builder
            .with_skip_signature(true)
            .with_credentials(Arc::new(nobody));
    } else if let Some(path) = environment.get("GOOGLE_APPLICATION_CREDENTIALS") {
        builder = builder.with_application_credentials(path);
    }
    builder.build().map_err(|error| config_error(&error))
}

/// Returns the URL of an emulator. Google's libraries allow `HOST:PORT` and a URL.
fn emulator_url(host: &str) -> String {
    let host = host.trim_end_matches('/');
    if host.contains("://") {
        host.to_owned()
    } else {
        format!("http://{host}")
    }
}

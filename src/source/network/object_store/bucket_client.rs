//! `BucketClient`: a bucket of one of the three kinds of object stores, with its credentials.

use std::sync::Arc;

use object_store::GetOptions;
use object_store::GetResult;
use object_store::ObjectStore as _;
use object_store::aws::AmazonS3;
use object_store::azure::MicrosoftAzure;
use object_store::gcp::GoogleCloudStorage;
use object_store::path::Path;

use crate::source::error::object_store::ObjectStoreError;
use crate::source::network::object_store::azblob;
use crate::source::network::object_store::environment::StoreEnvironment;
use crate::source::network::object_store::gcs;
use crate::source::network::object_store::s3;
use crate::source::network::object_store::store_http::StoreConnector;
use crate::source::network::object_store::store_http::StoreHttp;
use crate::source::spec::ObjectStoreSpec;
use crate::source::spec::StoreOptions;

/// A bucket with its credentials. Not `dyn`, so that the linker drops writes and lists.
#[derive(Debug)]
pub enum BucketClient {
    /// Amazon S3, and stores with its API.
    S3(AmazonS3),
    /// Google Cloud Storage.
    Gcs(GoogleCloudStorage),
    /// Azure Blob Storage.
    Azblob(MicrosoftAzure),
}

impl BucketClient {
    /// Reads the files with credentials, and returns the store. Sends no request.
    ///
    /// # Errors
    /// If the configuration or a file is not valid.
    pub fn load(
        spec: &ObjectStoreSpec,
        environment: &StoreEnvironment,
        http: Arc<StoreHttp>,
    ) -> Result<BucketClient, ObjectStoreError> {
        let connector = StoreConnector(http);
        match &spec.store {
            StoreOptions::S3(options) => {
                s3::load(&spec.bucket, options, environment, connector).map(BucketClient::S3)
            }
            StoreOptions::Gcs(options) => {
                gcs::load(&spec.bucket, options, environment, connector).map(BucketClient::Gcs)
            }
            StoreOptions::Azblob(options) => {
                azblob::load(&spec.bucket, options, environment, connector)
                    .map(BucketClient::Azblob)
            }
        }
    }

    /// Requests an object.
    pub async fn get(&self, path: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        match self {
            BucketClient::S3(store) => store.get_opts(path, options).await,
            BucketClient::Gcs(store) => store.get_opts(path, options).await,
            BucketClient::Azblob(store) => store.get_opts(path, options).await,
        }
    }
}

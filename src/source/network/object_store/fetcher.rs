//! Fetches an object with conditional requests. Credentials are loaded again when the store refuses them.

use std::sync::Arc;

use object_store::GetOptions;
use object_store::path::Path;

use crate::source::error::SourceError;
use crate::source::error::object_store::ObjectName;
use crate::source::error::object_store::ObjectStoreError;
use crate::source::network::file_reader::FileReader;
use crate::source::network::object_store::bucket_client::BucketClient;
use crate::source::network::object_store::environment::StoreEnvironment;
use crate::source::network::object_store::store_http::ObjectResult;
use crate::source::network::object_store::store_http::StoreHttp;
use crate::source::network::polling::FetchResult;
use crate::source::network::polling::PolledDocument;
use crate::source::spec::ObjectStoreSpec;

/// Fetches one object repeatedly.
#[derive(Debug)]
pub struct ObjectFetcher {
    spec: ObjectStoreSpec,
    http: Arc<StoreHttp>,
    files: FileReader,
    /// The store with its credentials, loaded on first use.
    store: Option<BucketClient>,
    etag: Option<Box<str>>,
}

impl PolledDocument for ObjectFetcher {
    async fn fetch(&mut self) -> Result<FetchResult, SourceError> {
        let timeout = self.spec.timeout;
        tokio::time::timeout(timeout, self.fetch_without_timeout())
            .await
            .unwrap_or(Err(SourceError::ResponseTimeout(timeout)))
    }

    fn set_etag(&mut self, etag: Option<Box<str>>) {
        self.etag = etag;
    }
}

impl ObjectFetcher {
    /// Returns a fetcher that has sent no request yet.
    pub fn new(spec: ObjectStoreSpec, etag: Option<Box<str>>) -> ObjectFetcher {
        let name = ObjectName {
            kind: spec.store.kind(),
            bucket: spec.bucket.clone(),
            key: spec.key.clone(),
        };
        ObjectFetcher {
            http: Arc::new(StoreHttp::new(name)),
            files: FileReader::default(),
            store: None,
            spec,
            etag,
        }
    }

    async fn fetch_without_timeout(&mut self) -> Result<FetchResult, SourceError> {
        let has_old_credentials = self.store.is_some();
        let first = self.request().await;
        // The credentials may have been replaced since they were loaded.
        let Some(refused) = first
            .as_ref()
            .err()
            .filter(|error| is_about_credentials(error))
        else {
            return first;
        };
        tracing::debug!(%refused, "the credentials of an object store are loaded again");
        self.store = None;
        if !has_old_credentials {
            return first;
        }
        let second = self.request().await;
        if second.as_ref().is_err_and(is_about_credentials) {
            self.store = None;
        }
        second
    }

    async fn request(&mut self) -> Result<FetchResult, SourceError> {
        if self.store.is_none() {
            let (spec, http) = (self.spec.clone(), self.http.clone());
            let loaded = self
                .files
                .read(move || BucketClient::load(&spec, &StoreEnvironment::of(&spec), http));
            self.store = Some(loaded.await?);
        }
        // The key was checked when the URI was parsed.
        let path = Path::parse(&*self.spec.key).map_err(|error| invalid_key(&error))?;
        let result = ObjectResult::default();
        let mut options = GetOptions::new();
        options.if_none_match = self.etag.as_deref().map(Into::into);
        options.extensions.insert(result.clone());
        let Some(store) = &self.store else {
            return Err(SourceError::TaskEnded);
        };
        let sent = store.get(&path, options).await;
        match (result.take(), sent) {
            (Some(result), _) => result,
            (None, Err(error)) => Err(self.http.credentials_error(&error)),
            (None, Ok(_)) => Err(SourceError::EmptyResponse),
        }
    }
}

fn invalid_key(error: &object_store::path::Error) -> SourceError {
    ObjectStoreError::Config(error.to_string()).into()
}

fn is_about_credentials(error: &SourceError) -> bool {
    matches!(error, SourceError::ObjectStore(error) if error.is_about_credentials())
}

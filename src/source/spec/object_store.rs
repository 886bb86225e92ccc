//! `ObjectStoreSpec`: the bucket, object and options of a source in an object store.

mod options;
pub mod parse;
mod query;

use std::fmt;
use std::time::Duration;

pub use crate::source::spec::object_store::options::AzblobOptions;
pub use crate::source::spec::object_store::options::GcsOptions;
pub use crate::source::spec::object_store::options::S3Options;
pub use crate::source::spec::object_store::options::StoreKind;
pub use crate::source::spec::object_store::options::StoreOptions;

/// An object in a bucket.
#[derive(Clone)]
pub struct ObjectStoreSpec {
    /// The bucket; Azure calls it a container.
    pub bucket: Box<str>,
    /// The key of the object.
    pub key: Box<str>,
    /// The store, with the options of its kind.
    pub store: StoreOptions,
    /// The time between two polls.
    pub interval: Duration,
    /// The seed that spreads the polls of replicas over the interval.
    pub interval_seed: Box<str>,
    /// The time limit of a request and its response.
    pub timeout: Duration,
    /// The environment variables, with credentials and endpoints. Without them: those of the process.
    pub variables: Option<Vec<(String, String)>>,
}

impl fmt::Debug for ObjectStoreSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options and the variables may contain secrets.
        f.debug_struct("ObjectStoreSpec")
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

//! Flags from objects in S3, Google Cloud Storage and Azure Blob Storage.

pub mod azure_credentials;
pub mod google_credentials;
pub mod polling;
pub mod refusals;
pub mod s3_credentials;
pub mod uri;

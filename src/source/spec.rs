//! Source specifications: the options of each source, parsed from `--uri` or `--sources`.
//!
//! Nothing here reads a file or opens a socket. Secrets are never printed: neither by `Debug` nor by
//! [`SourceSpec::to_redacted_json`].

mod field_reader;
mod grpc;
mod http;
mod kubernetes;
mod object_store;
mod parse_entry;
mod parse_list;
mod poll_fields;
mod redact_url;
mod redacted_json;
mod source_spec;

pub use crate::source::spec::grpc::GrpcSpec;
pub use crate::source::spec::grpc::TlsMode;
pub use crate::source::spec::grpc::target::DialAddress;
pub use crate::source::spec::grpc::target::GrpcTarget;
pub use crate::source::spec::http::HttpSpec;
pub use crate::source::spec::http::OAuthCredentials;
pub use crate::source::spec::http::OAuthSpec;
pub use crate::source::spec::kubernetes::API_GROUP;
pub use crate::source::spec::kubernetes::KubernetesSpec;
pub use crate::source::spec::object_store::AzblobOptions;
pub use crate::source::spec::object_store::GcsOptions;
pub use crate::source::spec::object_store::ObjectStoreSpec;
pub use crate::source::spec::object_store::S3Options;
pub use crate::source::spec::object_store::StoreKind;
pub use crate::source::spec::object_store::StoreOptions;
pub use crate::source::spec::parse_list::list_from_node;
pub use crate::source::spec::parse_list::parse_list;
pub use crate::source::spec::redact_url::redact_address;
pub use crate::source::spec::redact_url::redact_url;
pub use crate::source::spec::redact_url::redact_user_info;
pub use crate::source::spec::source_spec::SourceKind;
pub use crate::source::spec::source_spec::SourceSpec;

//! Sources in object stores.

use std::time::Duration;

use fanion::source::spec::SourceKind;
use fanion::source::spec::SourceSpec;

use crate::support::sources::RunningSources;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::settings;
use crate::support::sources::start_sources;

/// Credentials of S3 in variables.
pub const S3_KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "ID-1"),
    ("AWS_SECRET_ACCESS_KEY", "hush-1"),
];

/// The URI of an object in a bucket of S3 that `upstream` stands for.
pub fn s3_uri(upstream: &HttpUpstream) -> String {
    let endpoint = upstream.url("");
    format!("s3://bucket/path/flags.json?region=eu-west-1&endpoint={endpoint}")
}

/// A source that is polled every 20 ms, with these environment variables and no others.
pub fn object_source_spec(uri: &str, variables: &[(&str, &str)]) -> SourceSpec {
    let mut spec = SourceSpec::from_uri(uri).expect("a source");
    if let SourceKind::ObjectStore(store) = &mut spec.kind {
        store.interval = Duration::from_millis(20);
        store.timeout = Duration::from_secs(5);
        let variables = variables.iter();
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        store.variables = Some(variables.collect());
    }
    spec
}

/// Starts a source with these environment variables and no others.
pub fn poll_object(uri: &str, variables: &[(&str, &str)]) -> RunningSources {
    start_sources(&[object_source_spec(uri, variables)], &settings())
}

//! Parses the URI and the fields of a source in an object store.

use crate::source::spec::field_reader::SpecFieldReader;
use crate::source::spec::object_store::ObjectStoreSpec;
use crate::source::spec::object_store::StoreKind;
use crate::source::spec::object_store::StoreOptions;
use crate::source::spec::poll_fields;
use crate::source::spec::redact_url::REDACTED;
use crate::source::spec::redact_url::redact_url;
use crate::source::spec::source_spec::SourceKind;
use crate::source::spec::source_spec::SourceSpec;

/// The longest name of a bucket: Google allows 222 characters if there are dots.
const BUCKET_LENGTH: usize = 222;
/// The longest key in all three stores, in bytes.
const KEY_LENGTH: usize = 1024;

/// Parses a source at `uri`.
pub fn parse(kind: StoreKind, uri: &str, fields: &mut SpecFieldReader<'_>) -> Option<SourceSpec> {
    if !cfg!(feature = "object-store") {
        let why = "this build has no object store sources: build with the feature `object-store`";
        fields.add_mistake("provider", why);
        return None;
    }
    let location = match uri {
        "" => None,
        _ => parse_uri(kind, uri)
            .map_err(|mistakes| add_mistakes(mistakes, kind, uri, fields))
            .ok(),
    };
    let (interval, timeout) = (poll_fields::interval(fields), poll_fields::timeout(fields));
    let interval_seed = fields.string("intervalSeed").into();
    let (bucket, key, store) = location?;
    let spec = ObjectStoreSpec {
        bucket,
        key,
        store,
        interval,
        interval_seed,
        timeout,
        variables: None,
    };
    Some(SourceSpec {
        name: uri.into(),
        redacted_name: redact_query(uri).into(),
        kind: SourceKind::ObjectStore(Box::new(spec)),
    })
}

/// Returns a valid URI, which has no user and password, without the values of its query.
fn redact_query(uri: &str) -> String {
    match uri.split_once('?') {
        Some((path, _)) => format!("{path}?{REDACTED}"),
        None => uri.to_owned(),
    }
}

fn add_mistakes(
    mistakes: Vec<String>,
    kind: StoreKind,
    uri: &str,
    fields: &mut SpecFieldReader<'_>,
) {
    let (scheme, uri) = (kind.scheme(), redact_url(uri));
    for why in mistakes {
        let why = format!("expected {scheme}BUCKET/OBJECT, found `{uri}`: {why}");
        fields.add_mistake("uri", &why);
    }
}

/// Returns the bucket, the key and the options.
fn parse_uri(
    kind: StoreKind,
    uri: &str,
) -> Result<(Box<str>, Box<str>, StoreOptions), Vec<String>> {
    let Some(rest) = uri.strip_prefix(kind.scheme()) else {
        return Err(vec!["the scheme is another one".to_owned()]);
    };
    // As in flagd, the path is taken as it is written, and `#` has no meaning.
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let (store, prefix) = StoreOptions::parse(kind, query)?;
    let key = format!("{}{key}", prefix.as_deref().unwrap_or_default());
    let valid = check_bucket(kind, bucket).and_then(|()| check_key(&key));
    valid.map_err(|why| vec![why])?;
    Ok((bucket.into(), key.into(), store))
}

fn check_bucket(kind: StoreKind, bucket: &str) -> Result<(), String> {
    if bucket.is_empty() {
        return Err("the bucket is missing".to_owned());
    }
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    // `$root`, `$web` and `$logs` are containers of Azure.
    let name = match kind {
        StoreKind::Azblob => bucket.strip_prefix('$').unwrap_or(bucket),
        StoreKind::S3 | StoreKind::Gcs => bucket,
    };
    if (1..=BUCKET_LENGTH).contains(&name.len()) && name.bytes().all(is_inner) {
        return Ok(());
    }
    if bucket.contains('@') {
        return Err("a user or password does not belong here".to_owned());
    }
    Err(format!(
        "`{bucket}` is not the name of a bucket, which has letters, digits, `-`, `_` and `.`"
    ))
}

fn check_key(key: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err("the object is missing".to_owned());
    }
    if key.len() > KEY_LENGTH {
        return Err(format!("the key has more than {KEY_LENGTH} bytes"));
    }
    match key.split('/').find(|part| matches!(*part, "" | "." | "..")) {
        Some("") if key.ends_with('/') => {
            Err("the object is missing after the last `/`".to_owned())
        }
        Some("") => Err("the key of the object has an empty part".to_owned()),
        Some(part) => Err(format!("the key of the object has the part `{part}`")),
        None => Ok(()),
    }
}

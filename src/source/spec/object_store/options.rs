//! `StoreOptions`: the query parameters that the openers of gocloud.dev accept, which flagd uses.

use crate::source::spec::object_store::query::QueryReader;

/// The kinds of object stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Amazon S3, and stores with its API.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azblob,
}

/// A store, with the options of its kind.
#[derive(Clone)]
pub enum StoreOptions {
    /// Amazon S3, and stores with its API.
    S3(S3Options),
    /// Google Cloud Storage.
    Gcs(GcsOptions),
    /// Azure Blob Storage.
    Azblob(AzblobOptions),
}

/// The options of a bucket in S3.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a parameter of the URI"
)]
pub struct S3Options {
    /// The region; without one, that of the environment.
    pub region: Option<Box<str>>,
    /// The URL of the store, without the bucket.
    pub endpoint: Option<Box<str>>,
    /// The profile in the files of the AWS command line, before all other credentials.
    pub profile: Option<Box<str>>,
    /// True if the bucket is in the path of URLs, not in the host.
    pub path_style: bool,
    /// True for plain HTTP.
    pub disable_https: bool,
    /// True if requests have no credentials.
    pub anonymous: bool,
    /// True for endpoints with IPv4 and IPv6.
    pub dual_stack: bool,
    /// True for endpoints with validated cryptography.
    pub fips: bool,
    /// True for the endpoint of transfer acceleration.
    pub accelerate: bool,
}

/// The options of a bucket in Google Cloud Storage.
#[derive(Clone)]
pub struct GcsOptions {
    /// The domain of the API; without one, `googleapis.com`.
    pub universe_domain: Option<Box<str>>,
    /// True if requests have no credentials.
    pub anonymous: bool,
}

/// The options of a container in Azure Blob Storage.
#[derive(Clone)]
pub struct AzblobOptions {
    /// The storage account.
    pub account: Option<Box<str>>,
    /// The domain; without one, `blob.core.windows.net`.
    pub domain: Option<Box<str>>,
    /// `http` or `https`.
    pub protocol: Option<Box<str>>,
    /// True if the domain is that of a content delivery network, without the account.
    pub is_cdn: Option<bool>,
    /// True if the account is in the path of URLs, not in the host.
    pub is_emulator: Option<bool>,
}

impl StoreKind {
    /// All kinds.
    pub const ALL: [StoreKind; 3] = [StoreKind::S3, StoreKind::Gcs, StoreKind::Azblob];

    /// Returns the kind of store that a URI names; `None` if it names none.
    pub fn of_uri(uri: &str) -> Option<StoreKind> {
        let mut all = StoreKind::ALL.into_iter();
        all.find(|kind| uri.starts_with(kind.scheme()))
    }

    /// Returns the beginning of URIs.
    pub fn scheme(self) -> &'static str {
        match self {
            StoreKind::S3 => "s3://",
            StoreKind::Gcs => "gs://",
            StoreKind::Azblob => "azblob://",
        }
    }

    /// Returns the word for a bucket.
    pub fn bucket_noun(self) -> &'static str {
        match self {
            StoreKind::S3 | StoreKind::Gcs => "bucket",
            StoreKind::Azblob => "container",
        }
    }

    /// Returns the name of the permission to read an object.
    pub fn read_permission(self) -> &'static str {
        match self {
            StoreKind::S3 => "`s3:GetObject`",
            StoreKind::Gcs => "`storage.objects.get`",
            StoreKind::Azblob => "the role `Storage Blob Data Reader`",
        }
    }

    /// Returns the name in `--sources`.
    pub fn provider(self) -> &'static str {
        match self {
            StoreKind::S3 => "s3",
            StoreKind::Gcs => "gcs",
            StoreKind::Azblob => "azblob",
        }
    }
}

impl StoreOptions {
    /// Returns the kind of the store.
    pub fn kind(&self) -> StoreKind {
        match self {
            StoreOptions::S3(_) => StoreKind::S3,
            StoreOptions::Gcs(_) => StoreKind::Gcs,
            StoreOptions::Azblob(_) => StoreKind::Azblob,
        }
    }

    /// Parses a query string. Also returns the prefix of the key.
    ///
    /// # Errors
    /// All mistakes, one message each.
    pub fn parse(
        kind: StoreKind,
        query: &str,
    ) -> Result<(StoreOptions, Option<Box<str>>), Vec<String>> {
        let mut query = match kind {
            StoreKind::S3 => QueryReader::new(query, &S3_PARAMETERS, &S3_IGNORED),
            StoreKind::Gcs => QueryReader::new(query, &GCS_PARAMETERS, &GCS_IGNORED),
            StoreKind::Azblob => QueryReader::new(query, &AZBLOB_PARAMETERS, &[]),
        };
        let options = match kind {
            StoreKind::S3 => StoreOptions::S3(s3(&mut query)),
            StoreKind::Gcs => StoreOptions::Gcs(gcs(&mut query)),
            StoreKind::Azblob => StoreOptions::Azblob(azblob(&mut query)),
        };
        if query.mistakes.is_empty() {
            Ok((options, query.text("prefix")))
        } else {
            Err(query.mistakes)
        }
    }
}

const S3_PARAMETERS: [&str; 13] = [
    "region",
    "endpoint",
    "profile",
    "use_path_style",
    "s3ForcePathStyle",
    "hostname_immutable",
    "disable_https",
    "anonymous",
    "dualstack",
    "fips",
    "accelerate",
    "prefix",
    "role",
];
/// Parameters that concern uploads, retries and checksums of gocloud.dev.
const S3_IGNORED: [&str; 6] = [
    "awssdk",
    "rate_limiter_capacity",
    "request_checksum_calculation",
    "response_checksum_validation",
    "ssetype",
    "kmskeyid",
];

fn s3(query: &mut QueryReader) -> S3Options {
    if query.text("role").is_some() {
        let why = "the query parameter `role` is not supported: set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE";
        query.mistakes.push(why.to_owned());
    }
    // Each is read, so that each is checked.
    let names = ["use_path_style", "s3ForcePathStyle", "hostname_immutable"];
    let styles = names.map(|name| query.boolean(name));
    S3Options {
        region: query.text("region"),
        endpoint: query.text("endpoint"),
        profile: query.text("profile"),
        path_style: styles.contains(&true),
        disable_https: query.boolean("disable_https"),
        anonymous: query.boolean("anonymous"),
        dual_stack: query.boolean("dualstack"),
        fips: query.boolean("fips"),
        accelerate: query.boolean("accelerate"),
    }
}

const GCS_PARAMETERS: [&str; 4] = ["anonymous", "universe_domain", "prefix", "access_id"];
/// A parameter that concerns signed URLs.
const GCS_IGNORED: [&str; 1] = ["private_key_path"];

fn gcs(query: &mut QueryReader) -> GcsOptions {
    let anonymous = query.boolean("anonymous");
    GcsOptions {
        universe_domain: query.text("universe_domain"),
        // Any other value concerns signed URLs.
        anonymous: anonymous || query.text("access_id").as_deref() == Some("-"),
    }
}

const AZBLOB_PARAMETERS: [&str; 6] = [
    "storage_account",
    "domain",
    "protocol",
    "cdn",
    "localemu",
    "prefix",
];

fn azblob(query: &mut QueryReader) -> AzblobOptions {
    let protocol = query.text("protocol");
    if !matches!(protocol.as_deref(), None | Some("http" | "https")) {
        let why = "the query parameter `protocol` must be http or https";
        query.mistakes.push(why.to_owned());
    }
    let mut boolean = |name| query.text(name).map(|_| query.boolean(name));
    AzblobOptions {
        is_cdn: boolean("cdn"),
        is_emulator: boolean("localemu"),
        account: query.text("storage_account"),
        domain: query.text("domain"),
        protocol,
    }
}

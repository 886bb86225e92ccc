//! `ObjectStoreError`: a reason why an object store delivers no object. Each says which bucket, right or setting is missing.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;

use crate::source::error::kind::SourceErrorKind;
use crate::source::spec::StoreKind;

/// A reason why an object store delivers no object.
#[derive(Debug)]
pub enum ObjectStoreError {
    /// The options, the environment or a file with credentials is not valid.
    Config(String),
    /// A file with credentials cannot be read.
    Unreadable(PathBuf, io::Error),
    /// The service at this host gives no credentials.
    NoCredentials(Box<str>, Box<dyn Error + Send + Sync>),
    /// The store refuses a request.
    Refused(RefusedObject),
}

/// The name of an object.
#[derive(Debug, Clone)]
pub struct ObjectName {
    /// The kind of its store.
    pub kind: StoreKind,
    /// Its bucket.
    pub bucket: Box<str>,
    /// Its key in the bucket.
    pub key: Box<str>,
}

/// An object that the store does not return.
#[derive(Debug)]
pub struct RefusedObject {
    /// Its name.
    pub object: ObjectName,
    /// The status of the response.
    pub status: StatusCode,
    /// The code of the store; may be empty.
    pub code: Box<str>,
    /// The reason.
    pub reason: RefusalReason,
}

/// The reason of a refusal.
#[derive(Debug)]
pub enum RefusalReason {
    /// There is no such bucket.
    NoBucket,
    /// The bucket has no such object.
    NoObject,
    /// There is no such bucket or object.
    NotFound,
    /// The credentials do not include the right to read the object.
    Denied,
    /// The credentials are not accepted, or have expired.
    Credentials,
    /// The clock of this host is wrong.
    ClockSkew(Option<ClockSkew>),
    /// The bucket is in another region, if the store names it.
    OtherRegion(Option<Box<str>>),
    /// Another reason.
    Other,
}

/// The difference between the clock of this host and that of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSkew {
    /// True if the clock of this host is ahead.
    pub is_ahead: bool,
    /// The difference.
    pub difference: Duration,
}

impl ObjectStoreError {
    /// Returns true if other credentials may help.
    pub fn is_about_credentials(&self) -> bool {
        match self {
            ObjectStoreError::Refused(refused) => {
                matches!(
                    refused.reason,
                    RefusalReason::Denied | RefusalReason::Credentials
                )
            }
            ObjectStoreError::NoCredentials(..) => true,
            ObjectStoreError::Config(_) | ObjectStoreError::Unreadable(..) => false,
        }
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> SourceErrorKind {
        match self {
            ObjectStoreError::Config(_) | ObjectStoreError::Unreadable(..) => SourceErrorKind::Io,
            ObjectStoreError::NoCredentials(..) => SourceErrorKind::OAuth,
            ObjectStoreError::Refused(refused) => match refused.reason {
                RefusalReason::NoBucket | RefusalReason::NoObject | RefusalReason::NotFound => {
                    SourceErrorKind::NotFound
                }
                RefusalReason::Denied
                | RefusalReason::Credentials
                | RefusalReason::ClockSkew(_)
                | RefusalReason::OtherRegion(_)
                | RefusalReason::Other => SourceErrorKind::Http,
            },
        }
    }
}

impl fmt::Display for ObjectStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectStoreError::Config(why) => f.write_str(why),
            ObjectStoreError::Unreadable(path, error) => {
                write!(f, "cannot read {}: {error}", path.display())
            }
            ObjectStoreError::NoCredentials(host, error) => {
                write!(f, "no credentials from {host}: {error}")
            }
            ObjectStoreError::Refused(refused) => refused.fmt(f),
        }
    }
}

impl fmt::Display for RefusedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ObjectName { bucket, key, .. } = &self.object;
        let noun = self.object.kind.bucket_noun();
        match &self.reason {
            RefusalReason::NoBucket => return write!(f, "the {noun} `{bucket}` does not exist"),
            RefusalReason::NoObject => {
                return write!(f, "the {noun} `{bucket}` has no object `{key}`");
            }
            RefusalReason::NotFound => {
                return write!(
                    f,
                    "the {noun} `{bucket}` or its object `{key}` does not exist"
                );
            }
            RefusalReason::Denied => write!(
                f,
                "no permission to read `{key}` in the {noun} `{bucket}`: the credentials need {}",
                self.object.kind.read_permission()
            )?,
            RefusalReason::Credentials => write!(
                f,
                "cannot read `{key}` in the {noun} `{bucket}`: the credentials are not accepted, or have expired"
            )?,
            RefusalReason::ClockSkew(skew) => write_clock_skew(f, *skew)?,
            RefusalReason::OtherRegion(Some(region)) => write!(
                f,
                "the {noun} `{bucket}` is in the region `{region}`: add `region={region}` to the URI, or set AWS_REGION"
            )?,
            RefusalReason::OtherRegion(None) => write!(
                f,
                "the {noun} `{bucket}` is in another region, or at another endpoint: set `region` or `endpoint` in the URI"
            )?,
            RefusalReason::Other => write!(f, "cannot read `{key}` in the {noun} `{bucket}`")?,
        }
        match &*self.code {
            "" => write!(f, " ({})", self.status.as_u16()),
            code => write!(f, " ({} {code})", self.status.as_u16()),
        }
    }
}

fn write_clock_skew(f: &mut fmt::Formatter<'_>, skew: Option<ClockSkew>) -> fmt::Result {
    f.write_str("the clock of this host is ")?;
    match skew {
        Some(ClockSkew {
            is_ahead,
            difference,
        }) => {
            let side = if is_ahead { "ahead of" } else { "behind" };
            write!(f, "{} s {side} that of the store", difference.as_secs())?;
        }
        None => f.write_str("too far from that of the store")?,
    }
    f.write_str(", which refuses the request: synchronize the clock")
}

impl Error for ObjectStoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ObjectStoreError::Unreadable(_, error) => Some(error),
            ObjectStoreError::NoCredentials(_, error) => Some(&**error),
            ObjectStoreError::Config(_) | ObjectStoreError::Refused(_) => None,
        }
    }
}

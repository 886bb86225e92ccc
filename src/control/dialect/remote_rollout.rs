//! The format `remote-rollout`: two versions of a remote module, `stable` and `canary`, each with a version and an
//! address.
//!
//! Order of evaluation: a disabled flag gives `stable`; then any shared segment gives `canary`, whatever the percentage;
//! then the bucket of the session decides.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::dialect::bucket;
use crate::control::dialect::document_reader::DocumentFault;
use crate::control::dialect::document_reader::Faults;
use crate::control::dialect::document_reader::ObjectReader;
use crate::document::rollout::bucketing::BucketingDialect;

/// The attribute that identifies a session.
pub const SESSION_ID: &str = "sessionId";
/// The variant for everybody else.
pub const STABLE: &str = "stable";
/// The variant that is rolled out.
pub const CANARY: &str = "canary";

const MEMBERS: [&str; 5] = [
    "key",
    "enabled",
    "rolloutPercentage",
    "segments",
    "versions",
];

/// A document.
#[derive(Debug, Clone)]
pub struct RemoteRollout {
    /// The key of the flag.
    pub key: String,
    /// False gives everybody the stable version.
    pub enabled: bool,
    /// The share of sessions, in percent.
    pub percentage: f64,
    /// The segments that always get the canary.
    pub segments: Vec<String>,
    /// The object of the stable version.
    pub stable: Value,
    /// The object of the canary.
    pub canary: Value,
}

impl RemoteRollout {
    /// Parses a document. Modules may be loaded from `origins`; from any https origin, if there are none.
    ///
    /// # Errors
    /// All faults.
    pub fn parse(value: &Value, origins: &[String]) -> Result<RemoteRollout, Vec<DocumentFault>> {
        let mut faults = Faults::default();
        let parsed = RemoteRollout::read(value, origins, &mut faults);
        faults.finish(parsed)
    }

    fn read(value: &Value, origins: &[String], faults: &mut Faults) -> Option<RemoteRollout> {
        let reader = ObjectReader::new(value, String::new(), &MEMBERS, faults)?;
        let key = reader.require_text("key", faults);
        reader.require("enabled", faults);
        let enabled = reader.boolean("enabled", faults);
        reader.require("rolloutPercentage", faults);
        let percentage = reader.percentage("rolloutPercentage", faults);
        let segments = reader.texts("segments", faults);
        let versions = reader.require("versions", faults)?;
        let pointer = reader.pointer_to("versions");
        let versions = ObjectReader::new(versions, pointer, &[STABLE, CANARY], faults)?;
        let stable = read_version(&versions, STABLE, origins, faults);
        let canary = read_version(&versions, CANARY, origins, faults);
        let (stable, canary) = (stable?, canary?);
        if stable.get("remoteEntry") == canary.get("remoteEntry") {
            let why =
                "is the address of `stable`: a browser would take one from the cache of the other";
            faults.add("/versions/canary/remoteEntry", why);
        }
        Some(RemoteRollout {
            key: key?,
            enabled: enabled?,
            percentage: percentage?,
            segments,
            stable,
            canary,
        })
    }

    /// The definition in the format of flag files. A disabled flag is killed, which is no part of its definition.
    pub fn to_definition(&self) -> Value {
        json!({
            "state": "ENABLED",
            "variants": { STABLE: self.stable, CANARY: self.canary },
            "defaultVariant": STABLE,
            "safeVariant": STABLE,
            "rollout": {
                "variant": CANARY,
                "percentage": self.percentage,
                "segments": self.segments,
                "bucketBy": SESSION_ID,
                "dialect": BucketingDialect::Fnv1a.name(),
            },
        })
    }

    /// The name of the version for a context with `sessionId` and `segments`.
    pub fn resolve(&self, context: &Map<String, Value>) -> &'static str {
        let is_canary =
            self.enabled && (self.has_segment_of(context) || self.has_session_of(context));
        if is_canary { CANARY } else { STABLE }
    }

    fn has_session_of(&self, context: &Map<String, Value>) -> bool {
        let session = bucket::unit(context, SESSION_ID);
        bucket::is_within(BucketingDialect::Fnv1a, &self.key, session, self.percentage)
    }

    fn has_segment_of(&self, context: &Map<String, Value>) -> bool {
        let is_own = |segment: &Value| {
            let own = self.segments.iter();
            segment
                .as_str()
                .is_some_and(|name| own.clone().any(|own| own == name))
        };
        match context.get("segments") {
            Some(Value::Array(segments)) => segments.iter().any(is_own),
            Some(segment) => is_own(segment),
            None => false,
        }
    }
}

/// The object of a version.
fn read_version(
    versions: &ObjectReader<'_>,
    name: &str,
    origins: &[String],
    faults: &mut Faults,
) -> Option<Value> {
    let value = versions.require(name, faults)?;
    let known = ["version", "remoteEntry", "integrity"];
    let reader = ObjectReader::new(value, versions.pointer_to(name), &known, faults)?;
    reader.require_text("version", faults);
    reader.text("integrity", faults);
    let address = reader.require_text("remoteEntry", faults)?;
    if let Err(why) = check_address(&address, origins) {
        faults.add(reader.pointer_to("remoteEntry"), why);
    }
    Some(value.clone())
}

fn check_address(address: &str, origins: &[String]) -> Result<(), String> {
    let uri: http::Uri = address
        .parse()
        .map_err(|_| format!("`{address}` is no URL"))?;
    let authority = uri.authority().map(http::uri::Authority::as_str);
    let authority = authority.filter(|_| uri.scheme_str() == Some("https"));
    let Some(authority) = authority.filter(|authority| !authority.contains('@')) else {
        return Err(format!("`{address}` must begin with https:// and a host"));
    };
    let origin = format!("https://{}", authority.to_ascii_lowercase());
    if origins.is_empty() || origins.contains(&origin) {
        return Ok(());
    }
    let allowed = origins.join(", ");
    Err(format!(
        "has the origin {origin}, which is not allowed; allowed are: {allowed}"
    ))
}

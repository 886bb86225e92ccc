//! `FeatureFlag` resources in lists and events: their versions, and the flag document in `spec.flagSpec`.

use bytes::Bytes;

use crate::source::error::kubernetes::KubernetesError;
use crate::source::network::kubernetes::object_members::array_items;
use crate::source::network::kubernetes::object_members::find_members;
use crate::source::network::kubernetes::object_members::parse_string;

/// A resource.
#[derive(Debug, PartialEq, Eq)]
pub struct FeatureFlag {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The flag document.
    pub flag_spec: Option<Bytes>,
}

/// A list that can have the resource.
#[derive(Debug, PartialEq, Eq)]
pub struct FeatureFlagList {
    /// The version at which a watch continues the list.
    pub version: String,
    /// The resource; `None` if it does not exist.
    pub item: Option<FeatureFlag>,
}

/// An event of a watch.
#[derive(Debug, PartialEq, Eq)]
pub enum WatchEvent {
    /// The resource was created or changed.
    Changed(FeatureFlag),
    /// The resource was deleted.
    Deleted(FeatureFlag),
    /// No event before this version is missing.
    Bookmark(String),
    /// The server no longer has the version at which the watch began.
    Expired,
    /// The server ends the watch for this reason.
    Failed(String),
}

impl FeatureFlag {
    /// Parses a resource.
    fn parse(text: &str) -> Result<FeatureFlag, KubernetesError> {
        let [metadata, spec] = find_members(text, ["metadata", "spec"])?;
        let [name, version] = find_members(metadata.unwrap_or("{}"), ["name", "resourceVersion"])?;
        let [flag_spec] = match spec {
            None | Some("null") => [None],
            Some(spec) => find_members(spec, ["flagSpec"])?,
        };
        let flag_spec = flag_spec.filter(|text| *text != "null");
        Ok(FeatureFlag {
            name: name.and_then(parse_string).unwrap_or_default(),
            version: version.and_then(parse_string).unwrap_or_default(),
            // A copy: the rest of the response is dropped.
            flag_spec: flag_spec.map(|text| Bytes::copy_from_slice(text.as_bytes())),
        })
    }
}

impl FeatureFlagList {
    /// Parses a list, in which the resource is called `name`.
    ///
    /// # Errors
    /// If the bytes are no list.
    pub fn parse(bytes: &[u8], name: &str) -> Result<FeatureFlagList, KubernetesError> {
        let text = utf8(bytes)?;
        let [metadata, items] = find_members(text, ["metadata", "items"])?;
        let (Some(metadata), Some(items)) = (metadata, items) else {
            let why = "`metadata` or `items` is missing in a list".to_owned();
            return Err(KubernetesError::Malformed(why));
        };
        let [version] = find_members(metadata, ["resourceVersion"])?;
        let items = if items == "null" { "[]" } else { items };
        let mut item = None;
        for text in array_items(items)? {
            let read = FeatureFlag::parse(text)?;
            if read.name == name {
                item = Some(read);
            }
        }
        Ok(FeatureFlagList {
            version: version.and_then(parse_string).unwrap_or_default(),
            item,
        })
    }
}

impl WatchEvent {
    /// Parses an event.
    ///
    /// # Errors
    /// If the bytes are no event.
    pub fn parse(bytes: &[u8]) -> Result<WatchEvent, KubernetesError> {
        let [kind, object] = find_members(utf8(bytes)?, ["type", "object"])?;
        let (Some(kind), Some(object)) = (kind.and_then(parse_string), object) else {
            let why = "`type` or `object` is missing in an event".to_owned();
            return Err(KubernetesError::Malformed(why));
        };
        Ok(match kind.as_str() {
            "ADDED" | "MODIFIED" => WatchEvent::Changed(FeatureFlag::parse(object)?),
            "DELETED" => WatchEvent::Deleted(FeatureFlag::parse(object)?),
            "BOOKMARK" => WatchEvent::Bookmark(FeatureFlag::parse(object)?.version),
            "ERROR" => parse_error(object)?,
            _ => {
                let why = format!("unknown type of event `{kind}`");
                return Err(KubernetesError::Malformed(why));
            }
        })
    }
}

fn parse_error(status: &str) -> Result<WatchEvent, KubernetesError> {
    let [code, message, reason] = find_members(status, ["code", "message", "reason"])?;
    if code == Some("410") {
        return Ok(WatchEvent::Expired);
    }
    let text = |value: Option<&str>| value.and_then(parse_string);
    let message = text(message).or_else(|| text(reason));
    let message = message.unwrap_or_else(|| "no reason given".to_owned());
    Ok(WatchEvent::Failed(message))
}

/// Returns the message of a `Status`; `None` if the bytes are none.
pub fn status_message(bytes: &[u8]) -> Option<String> {
    let [message] = find_members(utf8(bytes).ok()?, ["message"]).ok()?;
    message.and_then(parse_string)
}

/// Returns the versions of an `APIGroup`, joined by commas.
pub fn group_versions(bytes: &[u8]) -> Option<String> {
    let [versions] = find_members(utf8(bytes).ok()?, ["versions"]).ok()?;
    let versions = array_items(versions?).ok()?;
    let version = |text: &&str| parse_string(find_members(text, ["version"]).ok()?[0]?);
    let versions: Vec<String> = versions.iter().filter_map(version).collect();
    Some(versions.join(", "))
}

fn utf8(bytes: &[u8]) -> Result<&str, KubernetesError> {
    std::str::from_utf8(bytes).map_err(|error| KubernetesError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(version: &str, spec: &str) -> String {
        format!(
            r#"{{"metadata":{{"name":"n","managedFields":[{{}}],"resourceVersion":"{version}"}},"spec":{spec}}}"#
        )
    }

    fn event(kind: &str, object: &str) -> WatchEvent {
        let text = format!(r#"{{"type":"{kind}","object":{object}}}"#);
        WatchEvent::parse(text.as_bytes()).expect("an event")
    }

    fn flag(version: &str, flag_spec: Option<&'static str>) -> FeatureFlag {
        FeatureFlag {
            name: "n".into(),
            version: version.into(),
            flag_spec: flag_spec.map(|text| Bytes::from_static(text.as_bytes())),
        }
    }

    #[test]
    fn events_give_version_and_document() {
        let spec = r#"{"flagSpec":{"flags":{}}}"#;
        let changed = flag("7", Some(r#"{"flags":{}}"#));
        assert_eq!(
            event("MODIFIED", &object("7", spec)),
            WatchEvent::Changed(changed)
        );
        for spec in ["{}", "null", r#"{"flagSpec":null}"#] {
            let deleted = WatchEvent::Deleted(flag("8", None));
            assert_eq!(event("DELETED", &object("8", spec)), deleted, "{spec}");
        }
        let bookmark = r#"{"kind":"FeatureFlag","metadata":{"resourceVersion":"9"}}"#;
        assert_eq!(
            event("BOOKMARK", bookmark),
            WatchEvent::Bookmark("9".into())
        );
        assert_eq!(event("ERROR", r#"{"code":410}"#), WatchEvent::Expired);
        let failed = WatchEvent::Failed("too slow".into());
        assert_eq!(
            event("ERROR", r#"{"code":500,"message":"too slow"}"#),
            failed
        );
    }

    #[test]
    fn list_finds_the_resource_by_name() {
        let text = format!(
            r#"{{"metadata":{{"resourceVersion":"9"}},"items":[{}]}}"#,
            object("7", r#"{"flagSpec":{}}"#)
        );
        let list = FeatureFlagList::parse(text.as_bytes(), "n").expect("a list");
        assert_eq!(list.version, "9");
        assert_eq!(list.item, Some(flag("7", Some("{}"))));
        let other = FeatureFlagList::parse(text.as_bytes(), "m").expect("a list");
        assert_eq!(other.item, None);
        let empty = br#"{"metadata":{"resourceVersion":"1"},"items":null}"#;
        assert_eq!(
            FeatureFlagList::parse(empty, "n").expect("a list").item,
            None
        );
        assert!(FeatureFlagList::parse(b"{}", "n").is_err());
    }
}

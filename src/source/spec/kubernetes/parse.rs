//! Parses the `NAMESPACE/NAME` of a Kubernetes source.

use crate::source::spec::field_reader::SpecFieldReader;
use crate::source::spec::kubernetes::API_GROUP;
use crate::source::spec::kubernetes::KubernetesSpec;
use crate::source::spec::source_spec::SourceKind;
use crate::source::spec::source_spec::SourceSpec;

/// The longest namespace, and the longest part of a name between dots.
const LABEL_LENGTH: usize = 63;
/// The longest name.
const NAME_LENGTH: usize = 253;

/// Parses a source at `uri`, with or without the API group.
pub fn parse(uri: &str, fields: &mut SpecFieldReader<'_>) -> Option<SourceSpec> {
    if !cfg!(feature = "kubernetes") {
        let why = "this build has no Kubernetes source: build with the feature `kubernetes`";
        fields.add_mistake("provider", why);
        return None;
    }
    if uri.is_empty() {
        return None;
    }
    let path = uri
        .strip_prefix(API_GROUP)
        .map(|rest| rest.strip_prefix('/').unwrap_or(rest));
    let path = path.unwrap_or(uri);
    let spec = parse_path(path);
    let spec = spec.map_err(|why| {
        let why = format!(
            "invalid resource uri format, expected {API_GROUP}/NAMESPACE/NAME, found `{uri}`: {why}"
        );
        fields.add_mistake("uri", &why);
    });
    Some(SourceSpec {
        name: path.into(),
        redacted_name: path.into(),
        kind: SourceKind::Kubernetes(Box::new(spec.ok()?)),
    })
}

fn parse_path(path: &str) -> Result<KubernetesSpec, String> {
    let (namespace, name) = path.split_once('/').unwrap_or((path, ""));
    if name.contains('/') {
        return Err("there are more than two parts".to_owned());
    }
    match (namespace, name) {
        ("", _) => return Err("the namespace is missing".to_owned()),
        (_, "") => return Err("the name is missing".to_owned()),
        _ => {}
    }
    if !is_label(namespace) {
        return Err(format!("`{namespace}` is not the name of a namespace"));
    }
    if name.len() > NAME_LENGTH || !name.split('.').all(is_label) {
        return Err(format!("`{name}` is not the name of a resource"));
    }
    Ok(KubernetesSpec {
        namespace: namespace.into(),
        name: name.into(),
        kubeconfig: None,
    })
}

/// Returns true for a label of RFC 1123.
fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let hyphen_outside = text.starts_with('-') || text.ends_with('-');
    (1..=LABEL_LENGTH).contains(&text.len()) && !hyphen_outside && text.bytes().all(is_inner)
}

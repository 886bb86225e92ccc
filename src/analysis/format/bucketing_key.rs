//! Formats a bucketing key as text, for instance `"checkout" + targetingKey`.

use crate::analysis::format;
use crate::analysis::model::bucketing::key_part::KeyPart;
use crate::analysis::model::input_domain::InputDomain;
use crate::value::OwnedValue;

/// A bucketing key as text.
pub fn format_bucketing_key(parts: &[KeyPart], space: &InputDomain) -> String {
    let part = |part: &KeyPart| match part {
        KeyPart::Text(text) => format::format_value(&OwnedValue::Text(text.clone())),
        KeyPart::Attribute(at) => {
            let attribute = space.attributes.get(*at);
            attribute.map_or(String::new(), |attribute| attribute.path.to_string())
        }
        KeyPart::Opaque(_) => "?".to_owned(),
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    parts.join(" + ")
}

//! The attributes of the span event `feature_flag.evaluation`.
//!
//! <https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/>

use opentelemetry::KeyValue;

use crate::decision::Decision;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedValue;

/// Returns the attributes of one decision.
pub fn evaluation_event(
    key: &str,
    flag: Option<&CompiledFlag>,
    decision: Decision,
) -> Vec<KeyValue> {
    let mut event = vec![
        KeyValue::new("feature_flag.key", key.to_owned()),
        KeyValue::new("feature_flag.provider.name", "flagd"),
    ];
    let reason = match decision {
        Decision::Variant(index, reason) => {
            let variant = flag.and_then(|flag| flag.variant_names.get(usize::from(index)));
            let variant = variant.map_or("", |name| name).to_owned();
            event.push(KeyValue::new("feature_flag.result.variant", variant));
            reason.as_str().to_ascii_lowercase()
        }
        Decision::Disabled => "disabled".to_owned(),
        Decision::NoDefault => "default".to_owned(),
        Decision::Error(code) => {
            let code = code.as_str().to_ascii_lowercase();
            event.push(KeyValue::new("error.type", code));
            "error".to_owned()
        }
    };
    event.push(KeyValue::new("feature_flag.result.reason", reason));
    let Some(flag) = flag else {
        return event;
    };
    let set = flag.flag_set_id.as_deref();
    event.extend(set.map(|set| KeyValue::new("feature_flag.set.id", set.to_owned())));
    let version = flag.metadata.iter().find(|(name, _)| &**name == "version");
    let version = version.and_then(|(_, value)| match value {
        OwnedValue::Text(text) => Some(text.to_string()),
        OwnedValue::Number(number) => Some(number.to_string()),
        _ => None,
    });
    event.extend(version.map(|version| KeyValue::new("feature_flag.version", version)));
    event
}

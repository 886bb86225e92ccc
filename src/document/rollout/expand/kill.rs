//! Kill switch: replaces the rule of a flag by its safe variant.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::fields::RolloutFields;
use crate::document::rollout::jsonlogic_builder;

/// Serves the safe variant to all contexts, regardless of all other fields.
pub fn apply_kill(
    flag: &mut FlagDefinition,
    fields: &RolloutFields,
    position: Position,
    report: &mut DiagnosticSink,
) {
    let has = |name: &str| flag.variants.iter().any(|(known, _)| **known == *name);
    let default = flag.default_variant.as_deref().filter(|name| has(name));
    let safe = fields.safe_variant.as_deref().or(default);
    flag.disabled = false;
    flag.error_code = None;
    if let Some(safe) = safe {
        let arguments = vec![
            jsonlogic_builder::boolean(position, true),
            jsonlogic_builder::string(position, safe),
        ];
        flag.targeting = Some(jsonlogic_builder::operation(position, "if", arguments));
        return;
    }
    flag.targeting = None;
    flag.default_variant = None;
    let message = format!("flag `{}` is killed and has no safe variant", flag.key);
    let help =
        "add `safeVariant` or `defaultVariant`; until then callers get the default in their code";
    report.error(Code::Kill, position, message, help);
}

//! Reports unknown members of a flag: as an error if the flag behaves differently from what the member says.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::diag::closest_match;
use crate::document::schema;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Names of other products, in lower case, and the fields that they stand for.
const SPELLINGS: [(&str, &str); 24] = [
    ("default", "defaultVariant"),
    ("defaultvalue", "defaultVariant"),
    ("default_value", "defaultVariant"),
    ("fallback", "defaultVariant"),
    ("offvariation", "defaultVariant"),
    ("value", "variants"),
    ("values", "variants"),
    ("variations", "variants"),
    ("options", "variants"),
    ("rule", "targeting"),
    ("rules", "targeting"),
    ("condition", "targeting"),
    ("conditions", "targeting"),
    ("targets", "targeting"),
    ("killed", "kill"),
    ("killswitch", "kill"),
    ("kill_switch", "kill"),
    ("rollouts", "rollout"),
    ("release", "rollout"),
    ("prerequisites", "requires"),
    ("depends", "requires"),
    ("dependson", "requires"),
    ("depends_on", "requires"),
    ("dependencies", "requires"),
];

/// Reports the member called `key` of the flag called `flag`, unless it is an annotation.
pub fn report_unknown_member(
    flag: &str,
    key: &str,
    position: Position,
    value: &Node,
    report: &mut DiagnosticSink,
) {
    if schema::is_annotation(key) {
        return;
    }
    let (severity, help) = explain(key, value);
    let message = format!("unknown member `{key}` of flag `{flag}`, ignored");
    match severity {
        Severity::Error => report.error(Code::UnknownMember, position, message, help),
        Severity::Warning => report.warn(Code::UnknownMember, position, message, help),
    }
}

fn explain(key: &str, value: &Node) -> (Severity, String) {
    let lower = key.to_ascii_lowercase();
    if let Some(explained) = explain_state(&lower, value) {
        return explained;
    }
    let is_map = value.as_map().is_some();
    let spelled = SPELLINGS.iter().find(|(spelling, _)| *spelling == lower);
    if let Some((_, meant)) = spelled {
        return (Severity::Error, format!("did you mean `{meant}`?"));
    }
    if schema::DOCUMENT.field(key).is_some() && (is_map || key != "rings") {
        let help = "it is a member of the document: write it beside `flags`";
        return (Severity::Warning, help.to_owned());
    }
    if schema::ROLLOUT.field_ignore_case(key).is_some() && !(key == "variant" && is_map) {
        let fields = match key {
            "variant" => "variant: …".to_owned(),
            _ => format!("variant: …, {key}: …"),
        };
        let help = format!("it is a field of a rollout: write `rollout: {{ {fields} }}`");
        return (Severity::Error, help);
    }
    let known = schema::FLAG
        .field_names()
        .chain(schema::ROLLOUT_FIELDS.field_names());
    match closest_match(key, known) {
        Some(meant @ ("key" | "source" | "metadata" | "lifecycle")) => {
            (Severity::Warning, format!("did you mean `{meant}`?"))
        }
        Some(meant) => (Severity::Error, format!("did you mean `{meant}`?")),
        None if closest_match(key, schema::LIFECYCLE.field_names()).is_some() => {
            let help = "it is a field of `lifecycle`: write it there";
            (Severity::Warning, help.to_owned())
        }
        None => {
            let help = "remove it, or begin its name with `x-`";
            (Severity::Warning, help.to_owned())
        }
    }
}

/// The explanation of `enabled` and `disabled`: an error if the flag is meant to be disabled.
fn explain_state(key: &str, value: &Node) -> Option<(Severity, String)> {
    let on = match key {
        "enabled" | "active" | "enable" => true,
        "disabled" | "disable" => false,
        _ => return None,
    };
    let is_true = match &value.kind {
        NodeKind::Bool(b) => *b,
        NodeKind::Text(text) => matches!(&*text.to_ascii_lowercase(), "true" | "yes" | "on"),
        NodeKind::Null | NodeKind::Number(_) | NodeKind::List(_) | NodeKind::Map(_) => return None,
    };
    Some(if on == is_true {
        (Severity::Warning, "write `state: ENABLED`".to_owned())
    } else {
        (Severity::Error, "write `state: DISABLED`".to_owned())
    })
}

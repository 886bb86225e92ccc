//! Reports unknown members of a flag: as an error if the flag behaves differently from what the member says.

use crate::decision::ErrorCode;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Severity;
use crate::diag::closest_match;
use crate::document::flag::FlagDefinition;
use crate::document::flag::form;
use crate::document::flag::form::is_flag;
use crate::document::flag::misplaced_field::WrittenFields;
use crate::document::schema;
use crate::document::syntax_tree::Member;
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

/// Reports the unknown members of a flag, unless they are annotations. `written` are its known fields.
pub fn report_unknown_members(
    flag: &mut FlagDefinition,
    unknown: &[Member],
    written: &WrittenFields,
    report: &mut DiagnosticSink,
) {
    let unknown = unknown.iter().filter(|m| !is_annotation(&m.key, written));
    let unknown: Vec<&Member> = unknown.collect();
    if are_variants(flag, &unknown) {
        report_variants(flag, &unknown, written, report);
        return;
    }
    for member in unknown {
        let (severity, help) = explain(&flag.key, member, written);
        let (key, flag) = (&member.key, &flag.key);
        let message = if is_flag(&member.value) {
            format!("`{key}` in flag `{flag}` has the form of a flag, and is ignored")
        } else if form::is_group_of_flags(&member.value) {
            format!("`{key}` in flag `{flag}` holds flags, and is ignored")
        } else {
            format!("unknown member `{key}` of flag `{flag}`, ignored")
        };
        report.push(
            severity,
            Code::UnknownMember,
            member.position,
            message,
            help,
        );
    }
}

/// Returns true for an annotation. `flagType` and `defaultValue` belong to the manifest of the OpenFeature CLI, which some
/// files are at the same time.
fn is_annotation(key: &str, written: &WrittenFields) -> bool {
    schema::is_annotation(key)
        || key == "flagType"
        || key == "defaultValue" && written.contains(&"defaultVariant")
}

/// Returns true if the unknown members of a flag without variants are its variants.
fn are_variants(flag: &FlagDefinition, unknown: &[&Member]) -> bool {
    let default = flag.default_variant.as_deref();
    flag.variants.is_empty() && unknown.iter().any(|member| Some(&*member.key) == default)
}

fn report_variants(
    flag: &mut FlagDefinition,
    unknown: &[&Member],
    written: &WrittenFields,
    report: &mut DiagnosticSink,
) {
    let Some(first) = unknown.first() else {
        return;
    };
    let names: Vec<String> = unknown.iter().map(|m| format!("`{}`", m.key)).collect();
    let names = names.join(", ");
    let (what, help) = if written.contains(&"variants") {
        ("which is empty", "indent them below `variants`")
    } else {
        (
            "which the flag does not have",
            "add `variants:` above, and indent them below it",
        )
    };
    let message = format!(
        "{names} of flag `{}` belong in `variants`, {what}",
        flag.key
    );
    report.error(Code::UnknownMember, first.position, message, help);
    flag.error_code = Some(ErrorCode::General);
}

fn explain(flag: &str, member: &Member, written: &WrittenFields) -> (Severity, String) {
    let (key, value) = (&*member.key, &member.value);
    let lower = key.to_ascii_lowercase();
    if let Some(help) = form::explain_key(member) {
        return (Severity::Error, help);
    }
    if is_flag(value) {
        return (Severity::Error, explain_flag(flag, key, written));
    }
    if form::is_group_of_flags(value) {
        let help = "flags are not grouped: write each directly below `flags`";
        return (Severity::Error, help.to_owned());
    }
    if let Some(explained) = explain_state(&lower, value) {
        return explained;
    }
    let is_map = value.as_map().is_some();
    let spelled = SPELLINGS.iter().find(|(spelling, _)| *spelling == lower);
    if let Some((_, meant)) = spelled {
        return explain_spelling(key, meant, value, written);
    }
    if schema::DOCUMENT.field(key).is_some() && (is_map || key != "rings") {
        let severity = if key == "$schema" {
            Severity::Warning
        } else {
            Severity::Error
        };
        let help = "it is a member of the document: write it beside `flags`";
        return (severity, help.to_owned());
    }
    if schema::ROLLOUT.field_ignore_case(key).is_some() && !(key == "variant" && is_map) {
        let fields = match key {
            "variant" => "variant: …".to_owned(),
            _ => format!("variant: …, {key}: …"),
        };
        let help = format!("it is a field of a rollout: write `rollout: {{ {fields} }}`");
        return (Severity::Error, help);
    }
    explain_misspelling(key, written)
}

/// The help for a flag inside of a flag.
fn explain_flag(flag: &str, key: &str, written: &WrittenFields) -> String {
    if written.contains(&"variants") || written.contains(&"state") {
        format!("write `{key}` beside `{flag}`; in YAML, indent it like `{flag}`")
    } else {
        format!(
            "flags are not grouped: write `{key}` directly below `flags`; a key may be `{flag}.{key}`"
        )
    }
}

/// The help for the name that another product has for the field `meant`.
fn explain_spelling(
    key: &str,
    meant: &'static str,
    value: &Node,
    written: &WrittenFields,
) -> (Severity, String) {
    if written.contains(&meant) {
        let help = format!("remove it: the flag has `{meant}`");
        return (Severity::Warning, help);
    }
    let is_scalar = matches!(
        value.kind,
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_)
    );
    if meant == "variants" && is_scalar {
        let help = format!(
            "write `variants: {{ {key}: … }}` with this value, and `defaultVariant: {key}`"
        );
        return (Severity::Error, help);
    }
    (Severity::Error, format!("did you mean `{meant}`?"))
}

fn explain_misspelling(key: &str, written: &WrittenFields) -> (Severity, String) {
    let known = schema::FLAG
        .field_names()
        .chain(schema::ROLLOUT_FIELDS.field_names());
    match closest_match(key, known) {
        Some(meant) if written.contains(&meant) => {
            let help = format!("remove it: the flag has `{meant}`");
            (Severity::Warning, help)
        }
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

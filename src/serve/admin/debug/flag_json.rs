//! JSON of the debug endpoints: evaluated flags and definitions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::analysis::explain::parse_definition;
use crate::analysis::explain::trace;
use crate::analysis::model::owned_context::OwnedContext;
use crate::decision::Decision;
use crate::decision::Reason;
use crate::json::write_string;
use crate::json::write_value;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::serve::admin::debug::request_state::DebugRequestState;
use crate::serve::admin::debug::source_status_json::write_source_status;
use crate::snapshot::Snapshot;
use crate::source::status::SourceStatus;
use crate::value::OwnedValue;
use crate::wire::flag_sync;

/// The status of the source that a flag comes from.
fn source_status<'s>(
    scope: &'s DebugRequestState<'_>,
    flag: &CompiledFlag,
) -> Option<&'s Arc<SourceStatus>> {
    let mut statuses = scope.config.statuses.iter();
    statuses.find(|status| status.name == flag.source)
}

/// The evaluation of one flag, with its source, rule, context and definition.
pub fn flag_response(
    scope: &DebugRequestState<'_>,
    flag: &CompiledFlag,
    decision: Decision,
    asker: &OwnedContext,
    unit: Option<&str>,
) -> String {
    let mut out = String::from("{");
    write_decision(&mut out, flag, decision);
    out.push(',');
    write_identity(&mut out, scope, unit);
    let status = source_status(scope, flag);
    out.push_str(",\"source\":");
    match status {
        Some(status) => write_source_status(&mut out, status, scope.now),
        None => out.push_str("null"),
    }
    let mut definition = String::new();
    if !flag.is_faulty() {
        flag_sync::write_displayed_definition(&mut definition, flag);
    }
    // Positions in the file are not kept; the pointer refers to the definition below.
    let ruled = matches!(decision, Decision::Variant(_, Reason::TargetingMatch));
    let rule = ruled.then(|| rule_pointer(flag, &definition, asker));
    out.push_str(",\"rule\":");
    match rule {
        Some(rule) => write_string(&mut out, &rule),
        None => out.push_str("null"),
    }
    write_context(&mut out, asker);
    out.push_str(",\"definition\":");
    out.push_str(if definition.is_empty() {
        "null"
    } else {
        &definition
    });
    out.push('}');
    out
}

/// The rule that determined the decision, as a JSON Pointer into the definition.
fn rule_pointer(flag: &CompiledFlag, definition: &str, asker: &OwnedContext) -> String {
    let found =
        parse_definition::parse_and_compile(&flag.key, definition, asker.fractional_version);
    let found = found.and_then(|(flag, compiled)| {
        trace::trace(&flag, &compiled, asker)
            .decided_by
            .json_pointer
    });
    found.unwrap_or_else(|| "/targeting".to_owned())
}

/// The context, the timestamp and the version of the hash.
fn write_context(out: &mut String, asker: &OwnedContext) {
    let mut members = BTreeMap::new();
    // If a name occurs several times, the last one wins.
    for (name, value) in &asker.attributes {
        members.insert(name.clone(), value.clone());
    }
    out.push_str(",\"context\":");
    write_value(out, &OwnedValue::Map(members.into_iter().collect()));
    let version = match asker.fractional_version {
        FractionalVersion::V2 => "v2",
        FractionalVersion::V3 => "v3",
    };
    let seconds = asker.seconds.unwrap_or(0.0);
    let _ = write!(out, ",\"timestamp\":{seconds},\"fractional\":\"{version}\"");
}

/// The evaluation of all flags.
pub fn flags_response(
    scope: &DebugRequestState<'_>,
    answers: &[(&CompiledFlag, Decision)],
    unit: Option<&str>,
) -> String {
    let mut out = String::from("{");
    write_identity(&mut out, scope, unit);
    out.push_str(",\"flags\":[");
    for (at, (flag, decision)) in answers.iter().enumerate() {
        out.push_str(if at == 0 { "\n{" } else { ",\n{" });
        write_decision(&mut out, flag, *decision);
        let status = source_status(scope, flag);
        out.push_str(",\"source\":");
        write_string(&mut out, status.map_or("", |status| &status.redacted_name));
        out.push('}');
    }
    out.push_str("]}");
    out
}

/// The replica, the targeting key and the generation.
fn write_identity(out: &mut String, scope: &DebugRequestState<'_>, unit: Option<&str>) {
    out.push_str("\"replica\":");
    write_string(out, &scope.config.replica);
    out.push_str(",\"targetingKey\":");
    match unit {
        Some(unit) => write_string(out, unit),
        None => out.push_str("null"),
    }
    let _ = write!(out, ",\"generation\":{}", scope.snapshot.generation);
}

/// A flag and its decision.
fn write_decision(out: &mut String, flag: &CompiledFlag, decision: Decision) {
    out.push_str("\"key\":");
    write_string(out, &flag.key);
    out.push_str(",\"flagSetId\":");
    match &flag.flag_set_id {
        Some(set) => write_string(out, set),
        None => out.push_str("null"),
    }
    let (index, reason, error) = match decision {
        Decision::Variant(index, reason) => (Some(usize::from(index)), reason.as_str(), None),
        Decision::Disabled => (None, "DISABLED", None),
        Decision::NoDefault => (None, "DEFAULT", None),
        Decision::Error(code) => (None, "ERROR", Some(code.as_str())),
    };
    let variant = index.and_then(|index| {
        flag.variant_names
            .get(index)
            .zip(flag.variant_values.get(index))
    });
    out.push_str(",\"variant\":");
    match variant {
        Some((name, value)) => {
            write_string(out, name);
            out.push_str(",\"value\":");
            write_value(out, value);
        }
        None => out.push_str("null,\"value\":null"),
    }
    let _ = write!(out, ",\"reason\":\"{reason}\"");
    if let Some(error) = error {
        let _ = write!(out, ",\"errorCode\":\"{error}\"");
    }
}

/// The definitions of all flags that are not faulty, in flagd's format; those that flag sync omits are marked.
pub fn definitions_response(snapshot: &Snapshot) -> String {
    let mut out = format!("{{\"generation\":{},\"flags\":{{", snapshot.generation);
    let selected = snapshot.ruleset.select_positions(&Selector::All);
    let flags = selected.filter_map(|position| snapshot.ruleset.flag_at(position));
    for (at, flag) in flags.filter(|flag| !flag.is_faulty()).enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        write_string(&mut out, &flag.key);
        out.push(':');
        flag_sync::write_displayed_definition(&mut out, flag);
    }
    out.push_str("}}");
    out
}

//! What a replica answers, in JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use crate::decision::Decision;
use crate::decision::Reason;
use crate::json::write_json;
use crate::json::write_text;
use crate::rule::unit::Version;
use crate::ruleset::Flag;
use crate::selector::Selector;
use crate::serve::debug::question::Asked;
use crate::snapshot::Snapshot;
use crate::source::status::State;
use crate::source::status::Status;
use crate::study::ask::Asker;
use crate::study::explained;
use crate::study::trace;
use crate::value::Literal;
use crate::wire::sync;

/// The answer of a flag, and everything about it.
pub fn flag(
    asked: &Asked<'_>,
    flag: &Flag,
    decision: Decision,
    asker: &Asker,
    unit: Option<&str>,
) -> String {
    let mut out = String::from("{");
    decided(&mut out, flag, decision);
    out.push(',');
    around(&mut out, asked, unit);
    let status = asked
        .debugging
        .statuses
        .iter()
        .find(|status| status.name == flag.source);
    out.push_str(",\"source\":");
    match status {
        Some(status) => source(&mut out, status, asked.now),
        None => out.push_str("null"),
    }
    let mut definition = String::new();
    if !flag.is_faulty() {
        sync::write_definition(&mut definition, flag);
    }
    // Places of the file are not kept; this is the place in the definition below.
    let ruled = matches!(decision, Decision::Variant(_, Reason::TargetingMatch));
    let rule = ruled.then(|| rule(flag, &definition, asker));
    out.push_str(",\"rule\":");
    match rule {
        Some(rule) => write_text(&mut out, &rule),
        None => out.push_str("null"),
    }
    about(&mut out, asker);
    out.push_str(",\"definition\":");
    out.push_str(if definition.is_empty() {
        "null"
    } else {
        &definition
    });
    out.push('}');
    out
}

/// The place of the rule that decided, as a JSON Pointer into the definition.
fn rule(flag: &Flag, definition: &str, asker: &Asker) -> String {
    let found = explained::flag(&flag.key, definition, asker.fractional);
    let found =
        found.and_then(|(flag, compiled)| trace::trace(&flag, &compiled, asker).decided.rule);
    found.unwrap_or_else(|| "/targeting".to_owned())
}

/// The context that counted, when that was, and how units are hashed.
fn about(out: &mut String, asker: &Asker) {
    let mut members = BTreeMap::new();
    // Of equal names the last one counts.
    for (name, value) in &asker.members {
        members.insert(name.clone(), value.clone());
    }
    out.push_str(",\"context\":");
    write_json(out, &Literal::Map(members.into_iter().collect()));
    let version = match asker.fractional {
        Version::V2 => "v2",
        Version::V3 => "v3",
    };
    let seconds = asker.seconds.unwrap_or(0.0);
    let _ = write!(out, ",\"timestamp\":{seconds},\"fractional\":\"{version}\"");
}

/// The answers of all flags.
pub fn flags(asked: &Asked<'_>, answers: &[(&Flag, Decision)], unit: Option<&str>) -> String {
    let mut out = String::from("{");
    around(&mut out, asked, unit);
    out.push_str(",\"flags\":[");
    for (at, (flag, decision)) in answers.iter().enumerate() {
        out.push_str(if at == 0 { "\n{" } else { ",\n{" });
        decided(&mut out, flag, *decision);
        let status = asked
            .debugging
            .statuses
            .iter()
            .find(|status| status.name == flag.source);
        out.push_str(",\"source\":");
        write_text(&mut out, status.map_or("", |status| &status.label));
        out.push('}');
    }
    out.push_str("]}");
    out
}

/// Who was asked, and about whom.
fn around(out: &mut String, asked: &Asked<'_>, unit: Option<&str>) {
    out.push_str("\"replica\":");
    write_text(out, &asked.debugging.replica);
    out.push_str(",\"targetingKey\":");
    match unit {
        Some(unit) => write_text(out, unit),
        None => out.push_str("null"),
    }
    let _ = write!(out, ",\"generation\":{}", asked.snapshot.generation);
}

/// A flag and what it answered.
fn decided(out: &mut String, flag: &Flag, decision: Decision) {
    out.push_str("\"key\":");
    write_text(out, &flag.key);
    out.push_str(",\"flagSetId\":");
    match &flag.set {
        Some(set) => write_text(out, set),
        None => out.push_str("null"),
    }
    let (index, reason, error) = match decision {
        Decision::Variant(index, reason) => (Some(usize::from(index)), reason.text(), None),
        Decision::Disabled => (None, "DISABLED", None),
        Decision::NoDefault => (None, "DEFAULT", None),
        Decision::Error(code) => (None, "ERROR", Some(code.text())),
    };
    let variant = index.and_then(|index| flag.names.get(index).zip(flag.values.get(index)));
    out.push_str(",\"variant\":");
    match variant {
        Some((name, value)) => {
            write_text(out, name);
            out.push_str(",\"value\":");
            write_json(out, value);
        }
        None => out.push_str("null,\"value\":null"),
    }
    let _ = write!(out, ",\"reason\":\"{reason}\"");
    if let Some(error) = error {
        let _ = write!(out, ",\"errorCode\":\"{error}\"");
    }
}

/// The flags as plain flagd has them, without those that are faulty.
pub fn definitions(snapshot: &Snapshot) -> String {
    let mut out = format!("{{\"generation\":{},\"flags\":{{", snapshot.generation);
    let selected = snapshot.ruleset.select(&Selector::All);
    let flags = selected.filter_map(|position| snapshot.ruleset.at(position));
    for (at, flag) in flags.filter(|flag| !flag.is_faulty()).enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        write_text(&mut out, &flag.key);
        out.push(':');
        sync::write_definition(&mut out, flag);
    }
    out.push_str("}}");
    out
}

/// How all sources are doing.
pub fn sources(snapshot: &Snapshot, statuses: &[Arc<Status>], now: SystemTime) -> String {
    let (generation, usable) = (snapshot.generation, snapshot.is_usable());
    let flags = snapshot.ruleset.flags.len();
    let mut out =
        format!("{{\"generation\":{generation},\"ready\":{usable},\"flags\":{flags},\"sources\":[");
    for (at, status) in statuses.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        source(&mut out, status, now);
    }
    out.push_str("]}");
    out
}

/// How a source is doing. Its name may hold a secret; its label does not.
fn source(out: &mut String, status: &Status, now: SystemTime) {
    let state = status.read();
    out.push_str("{\"name\":");
    write_text(out, &status.label);
    let word = word(&state);
    let age = state.age(now).unwrap_or_default().as_secs_f64();
    let _ = write!(
        out,
        ",\"kind\":\"{}\",\"sync\":\"{word}\",\"age\":{age:.3}",
        status.kind
    );
    let times = [
        ("lastSuccess", state.last_success),
        ("failingSince", state.failing_since),
        ("lastErrorAt", state.last_error.as_ref().map(|(at, _)| *at)),
    ];
    for (name, time) in times {
        match time.map(|time| {
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or(Duration::ZERO)
        }) {
            Some(since) => {
                let _ = write!(out, ",\"{name}\":{:.3}", since.as_secs_f64());
            }
            None => {
                let _ = write!(out, ",\"{name}\":null");
            }
        }
    }
    out.push_str(",\"lastError\":");
    match &state.last_error {
        Some((_, why)) => write_text(out, why),
        None => out.push_str("null"),
    }
    let State {
        accepted,
        refused,
        failed,
        ..
    } = state;
    let _ = write!(
        out,
        ",\"accepted\":{accepted},\"refused\":{refused},\"failed\":{failed}}}"
    );
}

/// The state of a source in one word.
fn word(state: &State) -> &'static str {
    match (state.has_flags(), state.stored, state.failing_since) {
        (false, _, None) => "pending",
        (false, _, Some(_)) => "failing",
        (true, true, _) => "stored",
        (true, false, Some(_)) => "stale",
        (true, false, None) => "current",
    }
}

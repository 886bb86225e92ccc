//! `flagctl explain -o text`: an explanation as text, for terminals.

use std::fmt::Write as _;

use crate::analysis::explain::counterfactual::Counterfactual;
use crate::analysis::explain::field_trace::FieldStep;
use crate::analysis::explain::trace::fractional::FractionalTrace;
use crate::analysis::explain::trace::step::TraceStep;
use crate::analysis::format;
use crate::analysis::model::bucketing::hash_percentile;
use crate::analysis::outcome::Outcome;
use crate::cli::flagctl::explain::explanation::Explanation;
use crate::cli::input::replica::evaluation::ReplicaStatus;
use crate::cli::output::columns;
use crate::cli::output::position::format_position;
use crate::diag::Position;

/// Prints an explanation.
pub fn render(explanation: &Explanation<'_>) -> String {
    let file = &explanation.flag.origin.file;
    let decided = &explanation.trace.decided_by;
    let value = match &explanation.outcome {
        Outcome::Variant(_, value) => format::format_value(value),
        _ => "-".to_owned(),
    };
    let head = columns::row(["KEY", "VARIANT", "VALUE", "REASON"]);
    let (key, variant) = (&*explanation.flag.key, explanation.outcome.name());
    let row = columns::row([key, &variant, &value, explanation.reason]);
    let mut page = columns::align_columns(&[head, row]);
    if let Some(status) = &explanation.replica_status {
        write_replica_status(&mut page, status);
    }
    let (position, text) = match explanation.deciding_field() {
        Some(field) => (field.position, &field.text),
        None => (decided.position, &decided.text),
    };
    let position = format_position(file, position);
    let _ = writeln!(page, "\nDECIDED BY {position}: {text}");
    write_fields(&mut page, &explanation.fields);
    if !explanation.trace.steps.is_empty() {
        page.push_str("\nTRACE\n");
        explanation
            .trace
            .steps
            .iter()
            .for_each(|step| write_step(&mut page, step, 1));
    }
    write_alternatives(&mut page, explanation);
    page
}

/// Writes the rollout fields that were tested, unless the first one decided.
fn write_fields(page: &mut String, fields: &[FieldStep]) {
    if fields.first().is_none_or(|field| field.decides) {
        return;
    }
    page.push_str("\nFIELDS\n");
    for field in fields {
        let Position { line, column } = field.position;
        let _ = writeln!(page, "  {line}:{column} {}", field.text);
    }
}

fn write_replica_status(page: &mut String, status: &ReplicaStatus) {
    let ReplicaStatus {
        name,
        generation,
        source,
        sync_state,
        age_seconds,
    } = status;
    let _ = writeln!(
        page,
        "\nEVALUATED BY {name}, generation {generation}, source {source}: {sync_state}, {age_seconds} s old"
    );
}

fn write_step(page: &mut String, step: &TraceStep, depth: usize) {
    let indent = "  ".repeat(depth);
    let Position { line, column } = step.position;
    let result = step.result.as_ref();
    let result = result.map_or("fault".to_owned(), format::format_value);
    let _ = write!(page, "{indent}{line}:{column} {} → {result}", step.text);
    if !step.attributes_read.is_empty() {
        let read = step.attributes_read.iter();
        let read: Vec<String> = read
            .map(|(n, v)| format!("{n} = {}", format::format_value(v)))
            .collect();
        let _ = write!(page, "   ({})", read.join(", "));
    }
    page.push('\n');
    if let Some(shares) = &step.fractional {
        write_bucket(page, shares, &indent);
    }
    step.substeps
        .iter()
        .for_each(|inner| write_step(page, inner, depth + 1));
}

fn write_bucket(page: &mut String, shares: &FractionalTrace, indent: &str) {
    let FractionalTrace {
        key,
        hash,
        bucket,
        total,
        ..
    } = shares;
    let _ = writeln!(
        page,
        "{indent}  key {key:?}: hash {hash}, bucket {bucket} of {total} ({:.3} %)",
        shares.hash_percentile()
    );
    for share in &shares.shares {
        let own = (share.first_bucket..share.end_bucket).contains(bucket);
        let _ = writeln!(
            page,
            "{indent}  {} {}: buckets {} to {}",
            if own { "*" } else { " " },
            format::format_value(&share.value),
            share.first_bucket,
            share.end_bucket
        );
    }
}

fn write_alternatives(page: &mut String, explanation: &Explanation<'_>) {
    page.push_str("\nOTHER RESULTS\n");
    for alternative in &explanation.alternatives {
        let _ = writeln!(
            page,
            "  {}: if {}",
            alternative.outcome.name(),
            describe_changes(alternative)
        );
    }
    match (
        explanation.alternatives.is_empty(),
        explanation.alternatives_complete,
    ) {
        (true, true) => page.push_str("  none: every context gets this result\n"),
        (_, false) => {
            page.push_str("  there may be more: the analysis does not support part of the rule\n");
        }
        (false, true) => {}
    }
}

/// The changes that lead to an alternative, as text.
fn describe_changes(alternative: &Counterfactual) -> String {
    let attributes = alternative.attribute_changes.iter().map(|other| {
        let (is, example) = (
            format::format_value(&other.current),
            format::format_value(&other.example),
        );
        format!("{} (now {is}; for example {example})", other.condition)
    });
    let hashes = alternative.hash_changes.iter().map(|other| {
        let (from, to) = (hash_percentile(other.from), hash_percentile(other.to));
        let now = (!other.needs_other_unit).then(|| hash_percentile(other.current));
        let now = now.map_or(String::new(), |now| format!(" (now {now:.3} %)"));
        format!(
            "the hash of {} is between {from:.3} % and {to:.3} %{now}",
            other.key
        )
    });
    let all: Vec<String> = attributes.chain(hashes).collect();
    if all.is_empty() {
        return "nothing changes".to_owned();
    }
    all.join(" and ")
}

//! An explanation for people.

use std::fmt::Write as _;

use crate::cli::explain::Explanation;
use crate::cli::explain::data::at;
use crate::cli::output;
use crate::cli::replica::Standing;
use crate::study::diff::outcome::Outcome;
use crate::study::nearest::Alternative;
use crate::study::show;
use crate::study::trace::Step;
use crate::study::trace::share::Shares;
use crate::study::unit::HASHES;

/// The explanation as a page.
pub fn page(explanation: &Explanation<'_>) -> String {
    let file = &explanation.flag.origin.file;
    let decided = &explanation.trace.decided;
    let value = match &explanation.outcome {
        Outcome::Variant(_, value) => show::value(value),
        _ => "-".to_owned(),
    };
    let head = ["KEY", "VARIANT", "VALUE", "REASON"]
        .map(str::to_owned)
        .into();
    let row = vec![
        explanation.flag.key.to_string(),
        explanation.outcome.name(),
        value,
        explanation.reason.to_owned(),
    ];
    let mut page = output::columns(&[head, row]);
    if let Some(standing) = &explanation.standing {
        let Standing {
            replica,
            generation,
            source,
            sync,
            age,
        } = standing;
        let _ = writeln!(
            page,
            "\nANSWERED BY {replica}, generation {generation}, from {source}: {sync}, {age} s old"
        );
    }
    let _ = writeln!(
        page,
        "\nDECIDED BY {}: {}",
        at(file, decided.place),
        decided.text
    );
    if !explanation.trace.steps.is_empty() {
        page.push_str("\nTRACE\n");
        explanation
            .trace
            .steps
            .iter()
            .for_each(|step| write(&mut page, step, 1));
    }
    page.push_str("\nTO GET ANOTHER ANSWER\n");
    for alternative in &explanation.alternatives {
        let _ = writeln!(
            page,
            "  {}: {}",
            alternative.outcome.name(),
            way(alternative)
        );
    }
    match (explanation.alternatives.is_empty(), explanation.whole) {
        (true, true) => page.push_str("  there is none: everyone gets this one\n"),
        (_, false) => {
            page.push_str("  there may be others: part of the rule cannot be reasoned about\n");
        }
        (false, true) => {}
    }
    page
}

fn write(page: &mut String, step: &Step, depth: usize) {
    let indent = "  ".repeat(depth);
    let place = step.place;
    let result = step.result.as_ref();
    let result = result.map_or("fault".to_owned(), show::value);
    let _ = write!(
        page,
        "{indent}{}:{} {} → {result}",
        place.line, place.column, step.text
    );
    if !step.saw.is_empty() {
        let saw = step.saw.iter();
        let saw: Vec<String> = saw
            .map(|(n, v)| format!("{n} = {}", show::value(v)))
            .collect();
        let _ = write!(page, "   ({})", saw.join(", "));
    }
    page.push('\n');
    if let Some(shares) = &step.shares {
        bucket(page, shares, &indent);
    }
    step.steps
        .iter()
        .for_each(|inner| write(page, inner, depth + 1));
}

fn bucket(page: &mut String, shares: &Shares, indent: &str) {
    let Shares {
        key,
        hash,
        bucket,
        total,
        ..
    } = shares;
    let _ = writeln!(
        page,
        "{indent}  key {key:?}: hash {hash}, bucket {bucket} of {total} ({:.3} %)",
        shares.position()
    );
    for share in &shares.shares {
        let own = (share.from..share.to).contains(bucket);
        let _ = writeln!(
            page,
            "{indent}  {} {}: buckets {} to {}",
            if own { "*" } else { " " },
            show::value(&share.value),
            share.from,
            share.to
        );
    }
}

/// What would have to change, in words.
fn way(alternative: &Alternative) -> String {
    let attributes = alternative.attributes.iter().map(|other| {
        let (is, example) = (show::value(&other.is), show::value(&other.example));
        format!("{} (is {is}; {example} would do)", other.condition)
    });
    let hashes = alternative.hashes.iter().map(|other| {
        let percent = |hash: u64| hash as f64 * 100.0 / HASHES as f64;
        format!(
            "a unit whose hash of {} is from {:.3} to {:.3} % (is {:.3} %)",
            other.key,
            percent(other.from),
            percent(other.to),
            percent(other.is)
        )
    });
    let all: Vec<String> = attributes.chain(hashes).collect();
    if all.is_empty() {
        return "nothing".to_owned();
    }
    all.join(", and ")
}

//! What units are bucketed by: something that stays with them, and that they all have.

use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::expr::Expr;
use crate::study::file::Subject;
use crate::study::lint::walk;

/// Names of what differs with every request, in lower case and without separators.
const FLEETING: [&str; 18] = [
    "requestid",
    "xrequestid",
    "reqid",
    "traceid",
    "spanid",
    "traceparent",
    "correlationid",
    "transactionid",
    "messageid",
    "eventid",
    "random",
    "rand",
    "nonce",
    "timestamp",
    "time",
    "now",
    "requesttime",
    "date",
];

/// Reports the bucketing keys of a flag that do not keep units where they are.
pub fn check(subject: &Subject<'_>, report: &mut Report) {
    let Some(targeting) = &subject.flag.targeting else {
        return;
    };
    walk::operations(targeting, &mut |member| {
        if matches!(&*member.key, "fractional" | "fractionalEvaluation") {
            split(member, report);
        }
    });
}

fn split(member: &Member, report: &mut Report) {
    let Kind::List(items) = &member.value.kind else {
        return;
    };
    let Some(first) = items.first() else {
        return;
    };
    match Expr::of(first) {
        Expr::Operation(_) => key(first, report),
        Expr::Value(node) => match &node.kind {
            Kind::Text(name) if &*member.key == "fractionalEvaluation" => {
                fleeting(name, node.place, report);
            }
            Kind::Text(text) => {
                let message = format!("units are bucketed by the constant `{text}`");
                constant(message, node.place, report);
            }
            _ => {}
        },
        Expr::List(_) => {}
    }
}

fn key(node: &Node, report: &mut Report) {
    let mut clock = false;
    walk::operations(node, &mut |member| {
        clock |= walk::read(member).is_some_and(|read| read.name == "$flagd.timestamp");
    });
    if clock {
        let message = "units are bucketed by the time: everyone changes variants every second";
        let help = "bucket by what stays with a unit, such as `targetingKey`";
        report.error(Code::Fleeting, node.place, message, help);
        return;
    }
    let reads = walk::attributes(node);
    if reads.is_empty() && !computes(node) {
        let message = "units are bucketed by a key that says nothing of them".to_owned();
        constant(message, node.place, report);
    }
    for read in &reads {
        fleeting(read.name, read.member.place, report);
    }
    joined(node, &reads, report);
}

/// Whether a name is read that is known only when the rule runs.
fn computes(node: &Node) -> bool {
    let mut found = false;
    walk::operations(node, &mut |member| {
        found |= &*member.key == "var" && walk::read(member).is_none();
    });
    found
}

fn constant(message: String, place: Place, report: &mut Report) {
    let help = "all of them fall into one bucket and get one variant; leave the key out, then it is the flag's key \
                and `targetingKey`";
    report.error(Code::NoUnit, place, message, help);
}

fn fleeting(name: &str, place: Place, report: &mut Report) {
    let last = name.rsplit('.').next().unwrap_or(name);
    let bare = last.replace(['_', '-'], "").to_ascii_lowercase();
    if FLEETING.contains(&&*bare) {
        let message = format!("units are bucketed by `{name}`, which differs with every request");
        let help = "bucket by what stays with a unit, such as `targetingKey`";
        report.warn(Code::Fleeting, place, message, help);
    }
}

/// A text that is put together is there even if its only telling part is not.
fn joined(node: &Node, reads: &[walk::Read<'_>], report: &mut Report) {
    let is_cat = node.only_member().is_some_and(|m| &*m.key == "cat");
    let [only] = reads else {
        return;
    };
    if !is_cat || only.has_default || only.name == "targetingKey" {
        return;
    }
    let name = only.name;
    let message = format!("all contexts without `{name}` fall into one bucket");
    let help = format!(
        "bucket by `{{\"var\": \"{name}\"}}` alone: without it, the targeting key counts; or ask for it first"
    );
    report.warn(Code::SharedBucket, only.member.place, message, help);
}

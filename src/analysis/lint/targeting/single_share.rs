//! Lint: a `fractional` with one share, which gives its variant to all units, whatever its weight.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::targeting::visit;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax;

/// Reports the `fractional` of a flag that have one share with a weight below the whole; returns true if there is one.
pub fn check(subject: &FlagView<'_>, report: &mut DiagnosticSink) -> bool {
    let Some(targeting) = &subject.flag.targeting else {
        return false;
    };
    let mut found = false;
    visit::visit_operations(targeting, &mut |member| {
        if let Some((share, variant, weight)) = only_share(member) {
            // The default variant for all is what the flag would serve without the rule.
            if subject.flag.default_variant.as_deref() == Some(variant) {
                return;
            }
            found = true;
            let message = format!(
                "`fractional` of flag `{}` gives `{variant}` to every context with a bucketing key: no other share has a weight above 0, \
                 so the weight {weight} is the whole",
                subject.flag.key
            );
            report.error(
                Code::ConstantRule,
                share.position,
                message,
                rest_help(subject, variant, weight),
            );
        }
    });
    found
}

/// The only share with a weight above 0, if its weight is not a usual whole: 1 or 100.
fn only_share(member: &Member) -> Option<(&Node, &str, f64)> {
    if !syntax::is_fractional(&member.key) {
        return None;
    }
    let shares = member
        .arguments()
        .iter()
        .filter_map(|share| match &share.kind {
            NodeKind::List(parts) => Some((share, &**parts)),
            _ => None,
        });
    let mut only = None;
    for (share, parts) in shares {
        let [name, weight] = parts else { return None };
        let (Some(name), NodeKind::Number(weight)) = (name.as_text(), &weight.kind) else {
            return None;
        };
        if *weight > 0.0 && only.replace((share, name, *weight)).is_some() {
            return None;
        }
    }
    only.filter(|(_, _, weight)| ![1.0, 100.0, 1000.0, 10_000.0, 100_000.0].contains(weight))
}

fn rest_help(subject: &FlagView<'_>, variant: &str, weight: f64) -> String {
    let flag = subject.flag;
    let names = flag.variants.iter().map(|(name, _)| &**name);
    let default = flag.default_variant.as_deref();
    let other = default.or_else(|| names.clone().find(|name| *name != variant));
    match other {
        Some(other) if weight < 100.0 => {
            format!(
                "add a share for the rest, for instance `[\"{other}\", {}]`",
                100.0 - weight
            )
        }
        _ => "add a share for the rest".to_owned(),
    }
}

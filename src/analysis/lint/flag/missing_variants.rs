//! Lint: an enabled flag without variants, which can serve nothing.

use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::flag_view::FlagView;
use crate::diag::Code;
use crate::diag::DiagnosticSink;

/// Reports such a flag, unless it has another finding: a field in the wrong place may be the reason.
pub fn check(file: &FlagFile, subject: &FlagView<'_>, report: &mut DiagnosticSink) {
    let flag = subject.flag;
    let is_empty = flag.variants.is_empty() && flag.default_variant.is_none();
    let decides = flag.targeting.is_some() || flag.rollout_fields.is_some();
    let mut known = file.diagnostics.iter();
    if !is_empty || decides || flag.disabled || known.any(|d| d.flag.as_ref() == Some(&flag.key)) {
        return;
    }
    let message = format!(
        "flag `{}` has no `variants`: callers always get the default in their code",
        flag.key
    );
    let help = "add `variants` and `defaultVariant`, or remove the flag";
    report.warn(Code::FlagMember, flag.position, message, help);
}

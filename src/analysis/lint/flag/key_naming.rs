//! Lint: flag keys that do not follow the naming convention of the policy.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::policy::LintPolicy;
use crate::analysis::lint::policy::NamingPolicy;
use crate::diag::Code;
use crate::diag::DiagnosticSink;

/// The separator of parts if the policy names none.
const DEFAULT_SEPARATOR: char = '.';

/// Reports a key that does not follow the convention.
pub fn check(subject: &FlagView<'_>, policy: &LintPolicy, report: &mut DiagnosticSink) {
    let Some(naming) = &policy.naming else {
        return;
    };
    let key = &*subject.flag.key;
    let wanted = match naming.separator {
        None => naming.convention.convert(key),
        Some(separator) => {
            let parts = key
                .split(separator)
                .map(|part| naming.convention.convert(part));
            let parts: Vec<String> = parts.collect();
            parts.join(separator.encode_utf8(&mut [0; 4]))
        }
    };
    check_parts(subject, naming, report);
    if wanted != key {
        let message = format!("key of flag `{key}` is not {}", naming.convention.name());
        let help = format!("rename it to `{wanted}`");
        report.warn(Code::NamingConvention, subject.flag.position, message, help);
    }
}

/// Reports a key with another number of parts, such as `namespace.service.feature`.
fn check_parts(subject: &FlagView<'_>, naming: &NamingPolicy, report: &mut DiagnosticSink) {
    let key = &*subject.flag.key;
    let separator = naming.separator.unwrap_or(DEFAULT_SEPARATOR);
    let count = key.split(separator).count();
    let Some(wanted) = naming.parts.filter(|wanted| count != *wanted as usize) else {
        return;
    };
    let message = format!("key of flag `{key}` has {count} parts instead of {wanted}");
    let help = format!("separate {wanted} parts with `{separator}`");
    report.warn(Code::NamingConvention, subject.flag.position, message, help);
}

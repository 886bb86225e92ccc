//! Lint: flag keys that do not follow the naming convention of the policy.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::policy::LintPolicy;
use crate::diag::Code;
use crate::diag::DiagnosticSink;

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
    if wanted != key {
        let message = format!("key of flag `{key}` is not {}", naming.convention.name());
        let help = format!("rename it to `{wanted}`");
        report.warn(Code::NamingConvention, subject.flag.position, message, help);
    }
}

//! Lint: a second attribute name in `var`, whose second argument is a default.

use crate::analysis::lint::targeting::constant_condition::attribute_name;
use crate::analysis::lint::targeting::unknown_attribute::AttributeUsage;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;

/// Reports a default that is probably the name of an attribute; returns true if it is reported.
pub fn check(
    flag: &str,
    member: &Member,
    usage: &AttributeUsage,
    report: &mut DiagnosticSink,
) -> bool {
    let [name, default] = member.arguments() else {
        return false;
    };
    let (Some(name), Some(text)) = (name.as_text(), default.as_text()) else {
        return false;
    };
    if &*member.key != "var" || !is_attribute(name, text, usage) {
        return false;
    }
    let message = format!(
        "the second argument of `var` in flag `{flag}` is the default, here the text `{text}`, not another attribute"
    );
    let help = format!("did you mean `{{ \"var\": \"{text}\" }}` as the default?");
    report.warn(Code::ConstantCondition, default.position, message, help);
    true
}

/// Returns true if a rule reads an attribute of this name, or the text is a compound name that shares a word with the
/// attribute before it.
fn is_attribute(name: &str, text: &str, usage: &AttributeUsage) -> bool {
    if attribute_name(text).is_none() || text.contains('-') {
        return false;
    }
    let own = words(text);
    let is_camel = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.contains(|c: char| c.is_ascii_uppercase());
    let shares = words(name).iter().any(|word| own.contains(word));
    usage.is_read(text) || is_camel && own.len() > 1 || own.len() > 1 && shares
}

/// The words of a compound name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(last) = words.last_mut()
        {
            last.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

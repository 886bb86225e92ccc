//! Patterns of calls that name a flag: the function name, the receiver, and which argument is the key.

use crate::analysis::code_refs::call_form::CallForm;
use crate::analysis::code_refs::sdk_calls::SDK_CALLS;

/// A pattern of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallPattern {
    /// The required receiver before the dot, if there is one.
    pub receiver: Option<String>,
    /// The name of the function.
    pub name: String,
    /// The number of arguments before the key.
    pub key_argument_index: usize,
    /// The form of the call.
    pub form: CallForm,
    /// The extensions of the files with such calls; empty for all.
    pub extensions: &'static [&'static str],
}

impl CallPattern {
    /// Parses a pattern in the syntax of a call: `isOn(KEY)`, `flags.isEnabled(KEY)`, or `Value(_, KEY)` if other
    /// arguments precede the key.
    pub fn parse(text: &str) -> Option<CallPattern> {
        let (head, rest) = text.trim().split_once('(')?;
        let arguments = rest.strip_suffix(')').unwrap_or(rest);
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
        let before = arguments.iter().position(|argument| *argument == "KEY")?;
        let other =
            |(at, argument): (usize, &&str)| at == before || matches!(*argument, "_" | "…" | "...");
        let (receiver, name) = match head.rsplit_once('.') {
            Some((receiver, name)) => (Some(receiver), name),
            None => (None, head),
        };
        let word = |text: &str| {
            let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
            !text.is_empty() && text.chars().all(inside)
        };
        let sound =
            word(name) && receiver.is_none_or(word) && arguments.iter().enumerate().all(other);
        sound.then(|| CallPattern {
            receiver: receiver.map(ToOwned::to_owned),
            name: name.to_owned(),
            key_argument_index: before,
            form: CallForm::Call,
            extensions: &[],
        })
    }

    /// Returns true if files with this extension may have such calls. A file of unknown language may have any call.
    pub fn is_in_language(&self, extension: Option<&str>) -> bool {
        self.extensions.is_empty()
            || extension.is_none_or(|extension| self.extensions.contains(&extension))
    }
}

/// The calls of OpenFeature's SDKs, and one that many codebases have.
pub fn sdk_patterns() -> Vec<CallPattern> {
    let of_sdks = SDK_CALLS.iter().flat_map(|calls| {
        calls.all_names().map(|name| CallPattern {
            receiver: None,
            name,
            key_argument_index: calls.key_argument_index,
            form: calls.form,
            extensions: calls.extensions,
        })
    });
    of_sdks
        .chain(CallPattern::parse("flags.isEnabled(KEY)"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CallPattern;

    #[test]
    fn call_patterns_are_parsed() {
        let of =
            |text| CallPattern::parse(text).map(|p| (p.receiver, p.name, p.key_argument_index));
        assert_eq!(of("isOn(KEY)"), Some((None, "isOn".into(), 0)));
        let want = (Some("this.flags".into()), "isOn".into(), 2);
        assert_eq!(of("this.flags.isOn(_, ..., KEY, _)"), Some(want));
        for none in [
            "",
            "isOn",
            "isOn()",
            "isOn(key)",
            "(KEY)",
            "is on(KEY)",
            "f(x, KEY)",
        ] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}

//! Patterns of calls that name a flag: the function name, the receiver, and which argument is the key.

/// A pattern of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallPattern {
    /// The required receiver before the dot, if there is one.
    pub receiver: Option<String>,
    /// The name of the function.
    pub name: String,
    /// The number of arguments before the key.
    pub key_argument_index: usize,
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
        })
    }
}

/// The calls of OpenFeature's SDKs, and two that many codebases have.
pub fn sdk_patterns() -> Vec<CallPattern> {
    let mut known = Vec::new();
    let mut add = |receiver: Option<&str>, name: String, before| {
        known.push(CallPattern {
            receiver: receiver.map(ToOwned::to_owned),
            name,
            key_argument_index: before,
        });
    };
    for kind in [
        "Boolean",
        "String",
        "Number",
        "Integer",
        "Int",
        "Double",
        "Float",
        "Object",
        "Structure",
    ] {
        for what in ["Value", "Details"] {
            // JavaScript, Java, Kotlin, Swift, PHP, Dart; C#; React.
            add(None, format!("get{kind}{what}"), 0);
            add(None, format!("Get{kind}{what}"), 0);
            add(None, format!("Get{kind}{what}Async"), 0);
            add(None, format!("use{kind}Flag{what}"), 0);
            add(None, format!("useSuspense{kind}Flag{what}"), 0);
        }
        // Go: the first argument is the context.
        add(None, format!("{kind}Value"), 1);
        add(None, format!("{kind}ValueDetails"), 1);
        add(Some("client"), kind.to_owned(), 1);
    }
    for kind in [
        "boolean", "bool", "string", "integer", "int", "float", "number", "object", "struct",
    ] {
        for what in ["value", "details"] {
            // Python, Rust; Ruby.
            add(None, format!("get_{kind}_{what}"), 0);
            add(None, format!("get_{kind}_{what}_async"), 0);
            add(None, format!("fetch_{kind}_{what}"), 0);
        }
    }
    for name in ["useFlag", "useSuspenseFlag", "useFeatureFlag"] {
        add(None, name.to_owned(), 0);
    }
    add(Some("flags"), "isEnabled".to_owned(), 0);
    known
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

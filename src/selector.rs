//! `Selector`: the `Flagd-Selector` header, which selects flags by flag set or source.
//!
//! <https://flagd.dev/concepts/selectors/>

use crate::limits;

/// A selection of flags. A selector that matches nothing is valid and selects the empty set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Selector {
    /// All flags.
    #[default]
    All,
    /// The flags of the flag set with this id.
    FlagSet(Box<str>),
    /// The flags that belong to no flag set.
    NoFlagSet,
    /// The flags of the source with this name.
    Source(Box<str>),
}

impl Selector {
    /// Parses `flagSetId=ID`, `source=NAME`, or a bare source name.
    ///
    /// # Errors
    /// If the key is unknown, or the text is longer than [`limits::SELECTOR_BYTES`], with the text for the caller.
    pub fn parse(text: &str) -> Result<Selector, String> {
        if text.len() > limits::SELECTOR_BYTES {
            let most = limits::SELECTOR_BYTES;
            return Err(format!("the selector is longer than {most} bytes"));
        }
        match text.split_once('=') {
            None if text.is_empty() => Ok(Selector::All),
            None => Ok(Selector::Source(text.into())),
            Some(("flagSetId", "")) => Ok(Selector::NoFlagSet),
            Some(("flagSetId", id)) => Ok(Selector::FlagSet(id.into())),
            Some(("source", name)) => Ok(Selector::Source(name.into())),
            Some((key, _)) => Err(format!(
                "invalid selector key {key:?}, valid keys: \"flagSetId\", \"source\""
            )),
        }
    }

    /// Returns true if a flag of this set and source is selected.
    pub fn matches(&self, set: Option<&str>, source: &str) -> bool {
        match self {
            Selector::All => true,
            Selector::FlagSet(id) => set == Some(id),
            Selector::NoFlagSet => set.is_none(),
            Selector::Source(name) => !name.is_empty() && source == &**name,
        }
    }

    /// The metadata entry that contains the selector in responses.
    pub fn metadata_entry(&self) -> Option<(&'static str, &str)> {
        match self {
            Selector::All | Selector::NoFlagSet => None,
            // The empty source selects nothing.
            Selector::Source(name) if name.is_empty() => None,
            Selector::FlagSet(id) => Some(("flagSetId", id)),
            Selector::Source(name) => Some(("source", name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selector_accepts_both_keys_and_bare_names() {
        let source = |name: &str| Ok(Selector::Source(name.into()));
        assert_eq!(Selector::parse(""), Ok(Selector::All));
        assert_eq!(Selector::parse("flags.json"), source("flags.json"));
        assert_eq!(Selector::parse("source=a=b"), source("a=b"));
        assert_eq!(Selector::parse("flagSetId="), Ok(Selector::NoFlagSet));
        assert_eq!(
            Selector::parse("flagSetId=x"),
            Ok(Selector::FlagSet("x".into()))
        );
        let want = "invalid selector key \"foo\", valid keys: \"flagSetId\", \"source\"";
        assert_eq!(Selector::parse("foo=bar"), Err(want.to_owned()));
        assert!(Selector::parse(&"x".repeat(limits::SELECTOR_BYTES)).is_ok());
        assert!(Selector::parse(&"x".repeat(limits::SELECTOR_BYTES + 1)).is_err());
    }
}

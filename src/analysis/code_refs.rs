//! References to flags in source code: calls of an SDK that name a key, and keys that no code contains.
//!
//! Code is not parsed: a call is a known name, an opening parenthesis, and a string literal as the key argument. This
//! works for every language with an SDK, and is fast. A key that is built at run time is not found. To avoid reporting
//! its flag as unused, a key that occurs anywhere in the code counts as used.

pub mod call_form;
mod call_parser;
pub mod call_pattern;
pub mod code_references;
pub mod flag_reference;
mod markup;
mod sdk_calls;
mod source_cursor;

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use aho_corasick::AhoCorasick;
use aho_corasick::BuildError;
use aho_corasick::MatchKind;

use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::code_refs::flag_reference::FlagReference;

/// A scanner of source code for SDK calls and for the keys of all flags.
#[derive(Debug)]
pub struct ReferenceScanner {
    matcher: AhoCorasick,
    /// The call patterns of each word; empty for a key.
    patterns_by_word: Vec<Vec<CallPattern>>,
    /// True for each word that occurred as a whole word.
    occurred: Vec<AtomicBool>,
    key_count: usize,
}

impl ReferenceScanner {
    /// A scanner for `patterns`, and for `keys` as plain text.
    ///
    /// # Errors
    /// If there are too many patterns and keys.
    pub fn new(patterns: &[CallPattern], keys: &[&str]) -> Result<ReferenceScanner, BuildError> {
        let mut words: Vec<&str> = keys.to_vec();
        let mut calls: Vec<Vec<CallPattern>> = keys.iter().map(|_| Vec::new()).collect();
        for pattern in patterns {
            let mut named = words.iter().skip(keys.len());
            if let Some(known) = named.position(|word| *word == pattern.name) {
                if let Some(calls) = calls.get_mut(keys.len() + known) {
                    calls.push(pattern.clone());
                }
            } else {
                words.push(&pattern.name);
                calls.push(vec![pattern.clone()]);
            }
        }
        let mut builder = AhoCorasick::builder();
        let words = builder
            .match_kind(MatchKind::LeftmostLongest)
            .build(&words)?;
        let seen = calls.iter().map(|_| AtomicBool::new(false)).collect();
        Ok(ReferenceScanner {
            matcher: words,
            patterns_by_word: calls,
            occurred: seen,
            key_count: keys.len(),
        })
    }

    /// The keys that calls in `code` name, in text order. Records every key that occurs in it. `extension` is the
    /// extension of the file; without it, the calls of all languages are searched.
    pub fn scan(&self, code: &[u8], extension: Option<&str>) -> Vec<FlagReference> {
        let mut uses = Vec::new();
        for found in self.matcher.find_iter(code) {
            let index = found.pattern().as_usize();
            if !call_parser::is_whole_word(code, found.start(), found.end()) {
                continue;
            }
            if let Some(seen) = self.occurred.get(index) {
                seen.store(true, Ordering::Relaxed);
            }
            for pattern in self.patterns_by_word.get(index).into_iter().flatten() {
                uses.extend(call_parser::parse_flag_keys(
                    code,
                    found.start(),
                    found.end(),
                    pattern,
                    extension,
                ));
            }
        }
        // Patterns of several SDKs match the same call.
        uses.sort_by_key(|found| found.offset);
        uses.dedup();
        uses
    }

    /// The indices of the keys that occurred in no code so far.
    pub fn unused_keys(&self) -> impl Iterator<Item = usize> {
        let keys = self.occurred.iter().take(self.key_count).enumerate();
        keys.filter(|(_, seen)| !seen.load(Ordering::Relaxed))
            .map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::ReferenceScanner;
    use super::call_pattern;

    fn keys(code: &str) -> Vec<String> {
        let patterns = call_pattern::sdk_patterns();
        let search = ReferenceScanner::new(&patterns, &[]).expect("a search");
        search
            .scan(code.as_bytes(), None)
            .into_iter()
            .map(|found| found.key)
            .collect()
    }

    #[test]
    fn calls_are_found_in_every_language() {
        for code in [
            "const on = await client.getBooleanValue('k', false, context);",
            "client.getObjectDetails<Remote>(\n  // which one\n  \"k\",\n  {},\n)",
            "const { value } = useFlag(`k`, false);",
            "const on = useFeatureFlag(\"k\");",
            "if (flags.isEnabled(\"k\")) {",
            "Boolean on = client.getBooleanValue(\"k\", false, ctx);",
            "on = client.get_boolean_value(\"k\", False)",
            "on = await client.get_boolean_details_async(default_value=f(1), flag_key='k')",
            "on, err := client.BooleanValue(context.Background(), \"k\", false, evalCtx)",
            "on := client.Boolean(ctx, \"k\", false, evalCtx)",
            "details, _ := c.ObjectValueDetails(f(a, b), `k`, nil, e)",
            "var on = await client.GetBooleanValueAsync(\"k\", false);",
            "var x = await client.GetStringDetailsAsync(flagKey: @\"k\", defaultValue: \"\");",
            "let on = client.get_bool_value(\"k\", None, None).await;",
            "let r: T = client.get_struct_value::<T>(r#\"k\"#, None, None).await?;",
            "client.fetch_boolean_value(flag_key: 'k', default_value: false)",
            "client.getBooleanValue(key: \"k\", defaultValue: false)",
        ] {
            assert_eq!(keys(code), ["k"], "{code}");
        }
    }

    #[test]
    fn strings_comments_and_other_calls_are_not_references() {
        for code in [
            "client.getBooleanValue(KEY, false)",
            "client.getBooleanValue(\"k\" + n, false)",
            "client.getBooleanValue(`k-${n}`, false)",
            "client.get_boolean_value(f\"k{n}\", False)",
            "client.GetBooleanValueAsync($\"k{n}\", false)",
            "fn get_boolean_value(&self) {}",
            "// client.getBooleanValue(\"k\", false)",
            " * useFeatureFlag(\"k\")",
            "# client.get_boolean_value(\"k\", False)",
            "forget.getBooleanValues(\"k\")",
            "myUseFeatureFlag(\"k\"); reuseFeatureFlag(\"k\")",
            "buttons.isEnabled(\"k\")",
            "client.BooleanValue(\"k\")",
            "useFeatureFlag(",
            "useFeatureFlag(\"k",
            "useFeatureFlag(\"\")",
        ] {
            assert_eq!(keys(code), [""; 0], "{code}");
        }
    }

    #[test]
    fn key_in_any_string_counts_as_used() {
        let search = ReferenceScanner::new(&[], &["pay", "pay-fast", "ship"]).expect("a search");
        search.scan(b"KEY = 'pay-fast'; repay, pay_, payments", None);
        assert_eq!(search.unused_keys().collect::<Vec<_>>(), [0, 2]);
        search.scan(b"x(pay)", None);
        assert_eq!(search.unused_keys().collect::<Vec<_>>(), [2]);
    }
}

//! Options with several values: repeated options, key-value pairs, and the list of sources.

use crate::config::csv;
use crate::config::key_value;
use crate::config::key_value::KeyValues;
use crate::config::number_precision;
use crate::config::option::error;
use crate::config::option::origin::OptionOrigin;
use crate::config::option::origin::RawOption;
use crate::config::option::resolver::OptionResolver;
use crate::config::option::spec::OptionKind;
use crate::config::option::spec::OptionSpec;
use crate::config::option::text_conversion;
use crate::config::option::text_conversion::json_array;
use crate::config::option::text_conversion::json_string;
use crate::config::option::text_conversion::scalar_text;
use crate::config::option::text_conversion::string_members;
use crate::diag::DiagnosticSink;
use crate::document::json_parser;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

impl<E: Fn(&str) -> Option<String>> OptionResolver<E> {
    /// Returns several values.
    pub fn strings(&mut self, option: &'static OptionSpec) -> Vec<String> {
        let (raw, origin) = self.lookup(option);
        debug_assert_eq!(option.kind, OptionKind::Repeated, "{}", option.name);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let texts: Vec<String> = match raw {
            None => Vec::new(),
            Some(RawOption::Strings(texts)) => self.cli_strings(option, &texts),
            Some(RawOption::String(text)) => words(&text),
            Some(RawOption::Node(Node {
                kind: NodeKind::Text(text),
                ..
            })) => words(&text),
            Some(RawOption::Node(node)) => {
                let items = node.children().map(scalar_text).collect::<Option<Vec<_>>>();
                items
                    .filter(|_| matches!(node.kind, NodeKind::List(_)))
                    .unwrap_or_else(|| {
                        self.report_invalid(
                            option,
                            &origin,
                            node.type_name(),
                            "must be an array of strings",
                        );
                        Vec::new()
                    })
            }
        };
        let json = json_array(texts.iter().map(|text| json_string(text)));
        self.record_resolved(option, &json, origin);
        texts
    }

    /// Returns pairs of keys and values.
    pub fn key_values(&mut self, option: &'static OptionSpec) -> KeyValues {
        let (raw, origin) = self.lookup(option);
        debug_assert_eq!(option.kind, OptionKind::KeyValues, "{}", option.name);
        let pairs = match raw {
            None => Vec::new(),
            Some(RawOption::Strings(texts)) => self.cli_key_values(option, &texts),
            Some(RawOption::String(text)) => {
                let node = json_parser::parse(&text, &mut DiagnosticSink::new("".into()));
                if let Some(node) = &node {
                    self.report_lost_digits(option, &text, node);
                }
                node.as_ref().and_then(string_members).unwrap_or_else(|| {
                    self.report_invalid(
                        option,
                        &origin,
                        &text,
                        "the variable must be a JSON object of strings",
                    );
                    Vec::new()
                })
            }
            Some(RawOption::Node(node)) => string_members(&node).unwrap_or_else(|| {
                self.report_invalid(
                    option,
                    &origin,
                    node.type_name(),
                    "must be an object of strings",
                );
                Vec::new()
            }),
        };
        let json = text_conversion::json_object(&pairs);
        self.record_resolved(option, &json, origin);
        pairs
    }

    /// Returns the items of a list of sources.
    pub fn list<T>(
        &mut self,
        option: &'static OptionSpec,
        parse_node: impl Fn(&Node) -> Result<Vec<T>, Vec<String>>,
        parse: impl Fn(&str) -> Result<Vec<T>, Vec<String>>,
        show_item: impl Fn(&T) -> String,
    ) -> Vec<T> {
        let (raw, origin) = self.lookup(option);
        debug_assert_eq!(option.kind, OptionKind::JsonArray, "{}", option.name);
        let items = match &raw {
            None => Ok(Vec::new()),
            Some(RawOption::Strings(texts)) => parse(texts.last().map_or("", String::as_str)),
            Some(RawOption::String(text)) => parse(text),
            Some(RawOption::Node(node)) => match &node.kind {
                NodeKind::Text(text) => parse(text),
                _ => parse_node(node),
            },
        };
        let items = items.unwrap_or_else(|mistakes| {
            let mistakes = mistakes.into_iter();
            self.errors
                .extend(mistakes.map(|mistake| format!("{origin}: {mistake}")));
            Vec::new()
        });
        self.record_resolved(option, &json_array(items.iter().map(show_item)), origin);
        items
    }

    fn cli_strings(&mut self, option: &OptionSpec, texts: &[String]) -> Vec<String> {
        let mut all = Vec::new();
        for text in texts {
            match csv::parse_record(text) {
                Ok(values) => all.extend(values),
                Err(why) => self.errors.push(error::unparsable(option, why)),
            }
        }
        all
    }

    fn cli_key_values(&mut self, option: &OptionSpec, texts: &[String]) -> KeyValues {
        let mut pairs = KeyValues::new();
        for text in texts {
            let split = key_value::split_argument(text).unwrap_or_else(|why| {
                self.errors.push(error::unparsable(option, why));
                Vec::new()
            });
            for pair in split {
                match pair.split_once('=') {
                    Some((key, value)) if !key.is_empty() => {
                        key_value::insert_or_replace(&mut pairs, key.into(), value.into());
                    }
                    _ => self.report_invalid(
                        option,
                        &OptionOrigin::Argument(option.name),
                        &pair,
                        "must be KEY=VALUE",
                    ),
                }
            }
        }
        pairs
    }

    fn report_lost_digits(&mut self, option: &OptionSpec, text: &str, node: &Node) {
        let mut report = DiagnosticSink::new(option.env_var().into());
        number_precision::report_lost_digits(text, node, &mut report);
        let found = report.finish();
        self.errors.extend(found.iter().map(ToString::to_string));
    }
}

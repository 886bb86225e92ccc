//! Resolves the options that name the flag sources.

use crate::config::option::resolver::OptionResolver;
use crate::config::option::table;
use crate::config::option::text_conversion;
use crate::source::spec;
use crate::source::spec::SourceSpec;

/// Returns the sources in order of priority: the last wins.
pub fn sources<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> Vec<SourceSpec> {
    let before = options.errors.len();
    let (mut sources, mut shown) = (Vec::new(), Vec::new());
    for text in options.strings(&table::flags::URI) {
        match SourceSpec::from_uri(&text) {
            Ok(spec) => {
                // A URL may contain a password.
                let is_redacted = matches!(
                    spec.kind,
                    spec::SourceKind::Http(_) | spec::SourceKind::ObjectStore(_)
                );
                shown.push(text_conversion::json_string(if is_redacted {
                    &spec.redacted_name
                } else {
                    &text
                }));
                sources.push(spec);
            }
            Err(mistake) => options.errors.push(mistake),
        }
    }
    options.redact(
        &table::flags::URI,
        text_conversion::json_array(shown.into_iter()),
    );
    sources.extend(options.list(
        &table::flags::SOURCES,
        spec::list_from_node,
        spec::parse_list,
        SourceSpec::to_redacted_json,
    ));
    if sources.is_empty() && options.errors.len() == before {
        let mistake = "no flag source: pass --uri file:PATH";
        options.errors.push(mistake.to_owned());
    }
    sources
}

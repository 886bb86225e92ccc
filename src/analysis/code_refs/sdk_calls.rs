//! The table of calls that name a flag, from the sources of the OpenFeature SDKs: <https://github.com/open-feature>.
//!
//! A row has the methods of one interface: client, provider, hook, component, directive or decorator. A row without
//! files applies to all languages, because several SDKs share its names.

use crate::analysis::code_refs::call_form::CallForm;

/// Calls of one SDK.
#[derive(Debug)]
pub struct SdkCalls {
    /// The extensions of the files in which the names mean these calls; empty for all.
    pub extensions: &'static [&'static str],
    /// The form of the call.
    pub form: CallForm,
    /// The number of arguments before the key.
    pub key_argument_index: usize,
    /// The names, as a prefix, the types, and the suffixes.
    pub names: [&'static [&'static str]; 3],
}

/// Calls whose first argument is the key, in all languages.
const fn key_first(
    prefixes: &'static [&'static str],
    types: &'static [&'static str],
    suffixes: &'static [&'static str],
) -> SdkCalls {
    SdkCalls {
        extensions: &[],
        form: CallForm::Call,
        key_argument_index: 0,
        names: [prefixes, types, suffixes],
    }
}

const fn in_files(
    extensions: &'static [&'static str],
    form: CallForm,
    key_argument_index: usize,
    names: [&'static [&'static str]; 3],
) -> SdkCalls {
    SdkCalls {
        extensions,
        form,
        key_argument_index,
        names,
    }
}

const ELIXIR: &[&str] = &["ex", "exs"];
const ELIXIR_TYPES: &[&str] = &["boolean", "string", "number", "map"];
const GO_TYPES: &[&str] = &["Boolean", "String", "Float", "Int", "Object"];
const HOOK_TYPES: &[&str] = &["Boolean", "String", "Number", "Object"];
const ONE: &[&str] = &[""];
const TEMPLATES: &[&str] = &["html", "ts", "js", "mts", "mjs"];
const JSX: &[&str] = &["tsx", "jsx", "ts", "js", "mjs", "mts", "astro"];

/// All calls.
pub const SDK_CALLS: &[SdkCalls] = &[
    // Java, Kotlin, Swift, PHP, Dart, JavaScript (server, web, Angular service): clients.
    key_first(
        &["get"],
        &[
            "Boolean", "String", "Number", "Integer", "Long", "Float", "Double", "Object",
        ],
        &["Value", "Details"],
    ),
    // Java, Kotlin, Swift: providers.
    key_first(
        &["get"],
        &["Boolean", "String", "Integer", "Long", "Double", "Object"],
        &["Evaluation"],
    ),
    // JavaScript: providers.
    key_first(&["resolve"], HOOK_TYPES, &["Evaluation"]),
    // PHP: providers.
    key_first(
        &["resolve"],
        &["Boolean", "String", "Integer", "Float", "Object"],
        &["Value"],
    ),
    // C#: clients; without `Async` before 2.0. C++: clients and providers.
    key_first(
        &["Get"],
        &["Boolean", "String", "Integer", "Double", "Object"],
        &[
            "Value",
            "Details",
            "ValueAsync",
            "DetailsAsync",
            "Evaluation",
        ],
    ),
    // C#: providers.
    key_first(
        &["Resolve"],
        &["Boolean", "String", "Integer", "Double", "Structure"],
        &["Value", "ValueAsync"],
    ),
    // Python, Rust: clients.
    key_first(
        &["get"],
        &[
            "_boolean", "_bool", "_string", "_integer", "_int", "_float", "_object", "_struct",
        ],
        &["_value", "_details", "_value_async", "_details_async"],
    ),
    // Python: providers.
    key_first(
        &["resolve"],
        &["_boolean", "_string", "_integer", "_float", "_object"],
        &["_details", "_details_async"],
    ),
    // Rust: providers.
    key_first(
        &["resolve"],
        &["_bool", "_string", "_int", "_float", "_struct"],
        &["_value"],
    ),
    // Ruby: clients and providers.
    key_first(
        &["fetch"],
        &[
            "_boolean", "_string", "_number", "_integer", "_float", "_object",
        ],
        &["_value", "_details"],
    ),
    // React: hooks.
    key_first(&["use"], &["Flag", "SuspenseFlag", "FeatureFlag"], ONE),
    key_first(&["use"], HOOK_TYPES, &["FlagValue", "FlagDetails"]),
    in_files(JSX, CallForm::Element, 0, [&["FeatureFlag"], ONE, ONE]),
    // Angular: directives.
    in_files(
        TEMPLATES,
        CallForm::Directive,
        0,
        [
            &["boolean", "string", "number", "object"],
            &["FeatureFlag"],
            ONE,
        ],
    ),
    // NestJS: decorators.
    in_files(
        TEMPLATES,
        CallForm::KeyMembers,
        0,
        [HOOK_TYPES, &["FeatureFlag"], ONE],
    ),
    in_files(
        TEMPLATES,
        CallForm::KeyMembers,
        0,
        [&["RequireFlagsEnabled"], ONE, ONE],
    ),
    // Go: clients and providers.
    in_files(
        &["go"],
        CallForm::Call,
        1,
        [GO_TYPES, ONE, &["Value", "ValueDetails", "Evaluation"]],
    ),
    in_files(&["go"], CallForm::ContextCall, 1, [GO_TYPES, ONE, ONE]),
    // Swift: generic clients.
    in_files(
        &["swift"],
        CallForm::NamedKey,
        0,
        [&["get"], ONE, &["Value", "Details"]],
    ),
    // Dart: clients, providers, and the deprecated call of the API.
    in_files(
        &["dart"],
        CallForm::Call,
        0,
        [
            &["get", "evaluate"],
            &["Boolean", "String", "Integer", "Double", "Object"],
            &["Flag"],
        ],
    ),
    // Elixir: clients and providers; the first argument is the client or the provider, unless it is piped.
    in_files(
        ELIXIR,
        CallForm::HandleCall,
        1,
        [&["get_", "resolve_"], ELIXIR_TYPES, &["_value", "_details"]],
    ),
    in_files(
        ELIXIR,
        CallForm::Call,
        0,
        [&["get_", "resolve_"], ELIXIR_TYPES, &["_value", "_details"]],
    ),
];

impl SdkCalls {
    /// The names of the row.
    pub fn all_names(&self) -> impl Iterator<Item = String> {
        let [prefixes, types, suffixes] = self.names;
        prefixes.iter().flat_map(move |prefix| {
            types.iter().flat_map(move |of| {
                let suffixes = suffixes.iter();
                suffixes.map(move |suffix| format!("{prefix}{of}{suffix}"))
            })
        })
    }
}

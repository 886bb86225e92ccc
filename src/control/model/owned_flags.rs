//! Flags that the store owns: they are defined through the API instead of a file.

use std::sync::Arc;

use serde_json::Value;

use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::refusal::Refusal;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;
use crate::wire::fleet::definitions::write_document;

/// The longest key of a flag, in bytes.
const MAX_KEY: usize = 1000;
/// The most flags that the store owns in an environment.
const MAX_FLAGS: usize = 10_000;
/// The name of the store where the file of a flag is shown.
pub const STORE: &str = "store";

/// Compiles a definition.
///
/// # Errors
/// If it has an error; all errors are in the message, with line and column of the definition.
pub fn compile(key: &str, definition: &Value) -> Result<Arc<CompiledFlag>, Refusal> {
    let invalid = |why: String| Refusal::Invalid {
        field: "definition",
        why,
    };
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Refusal::Invalid {
            field: "key",
            why: format!("has {} bytes: 1 to {MAX_KEY} are allowed", key.len()),
        });
    }
    let text = write_document([(key, &*definition.to_string())]);
    let origin = DocumentOrigin {
        source: STORE.into(),
        file: STORE.into(),
    };
    let parsed = document::parse(&text, DocumentFormat::Json, &origin);
    let flags = parsed.document.map(|document| document.flags);
    let flag = flags.and_then(|flags| flags.into_iter().next());
    let flag = flag.map(|flag| {
        let flag = Arc::unwrap_or_clone(flag);
        ruleset::compile_flag(flag, FractionalVersion::default())
    });
    let of_rule = flag.iter().flat_map(|flag| &flag.diagnostics);
    let errors: Vec<String> = parsed
        .diagnostics
        .iter()
        .chain(of_rule)
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(describe)
        .collect();
    match flag {
        Some(flag) if errors.is_empty() => Ok(Arc::new(flag)),
        _ => Err(invalid(format!("is invalid: {}", errors.join("; ")))),
    }
}

/// A diagnostic without its position: the definition is serialized again, so its lines are not those of its author.
fn describe(diagnostic: &Diagnostic) -> String {
    let (code, message, help) = (diagnostic.code.id(), &diagnostic.message, &diagnostic.help);
    if help.is_empty() {
        format!("{code}: {message}")
    } else {
        format!("{code}: {message} (help: {help})")
    }
}

/// Returns the flags of files together with the flags that the store owns. If both define a flag, the definition in the
/// file is served, and a finding reports it.
pub fn merge(
    authored: &Ruleset,
    state: &EnvironmentState,
    findings: &mut Vec<String>,
) -> Vec<Arc<CompiledFlag>> {
    let mut flags = authored.flags.clone();
    for (key, definition) in &state.definitions {
        if let Some(flag) = authored.flag(key) {
            let (file, line) = (&flag.file, flag.source_location.0.line);
            findings.push(format!(
                "flag `{key}` is defined both at {file}:{line} and in the store; the definition in the file is served: delete one of the two"
            ));
            continue;
        }
        match compile(key, definition) {
            Ok(flag) => flags.push(flag),
            Err(refusal) => findings.push(format!("flag `{key}` of the store: {refusal}")),
        }
    }
    flags
}

/// Checks that the store may define a flag with this key.
///
/// # Errors
/// If a file defines it, or the store has too many flags.
pub fn check_owner(key: &str, base: &Ruleset, state: &EnvironmentState) -> Result<(), Refusal> {
    let is_owned = state.definitions.contains_key(key);
    if is_owned && !is_of_file(key, base) {
        return Ok(());
    }
    if let Some(flag) = base.flag(key) {
        let line = flag.source_location.0.line;
        return Err(Refusal::FileOwned {
            key: key.to_owned(),
            place: format!("{}:{line}", flag.file),
        });
    }
    if state.definitions.len() < MAX_FLAGS {
        return Ok(());
    }
    Err(Refusal::Invalid {
        field: "key",
        why: format!("is one too many: the store has {MAX_FLAGS} flags"),
    })
}

/// Returns true if the served flag of this key is defined by a file.
pub fn is_of_file(key: &str, base: &Ruleset) -> bool {
    base.flag(key).is_some_and(|flag| *flag.file != *STORE)
}

/// Returns `base` with another definition of a flag; without the flag, if there is no definition.
pub fn replace(base: &Ruleset, key: &str, flag: Option<Arc<CompiledFlag>>) -> Ruleset {
    let others = base.flags.iter().filter(|other| *other.key != *key);
    let flags: Vec<Arc<CompiledFlag>> = others.cloned().chain(flag).collect();
    Ruleset::merge_layers([&flags])
}

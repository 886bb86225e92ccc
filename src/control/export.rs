//! Export: the flag files with all overrides (percentages, rings, lists, kills) written into them.

mod patch;
mod text_edit;

use std::collections::BTreeMap;
use std::path::Path;

use crate::control::environment::Environment;
use crate::control::export::patch::patch_document;
use crate::control::model::flag_state::FlagState;
use crate::diag::DiagnosticSink;
use crate::document::DocumentFormat;
use crate::document::parse_syntax_tree;
use crate::document::serialize;
use crate::limits;
use crate::regular_file;
use crate::ruleset::CompiledFlag;

/// A flag file with the overrides written into it.
#[derive(Debug)]
pub struct ExportedFile {
    /// The path of the file.
    pub file: String,
    /// True if the text differs from the file.
    pub changed: bool,
    /// The text.
    pub text: String,
}

/// Returns all files of an environment that define flags.
///
/// # Errors
/// If a file cannot be read, or has been edited into something that is no flag file.
pub fn export(environment: &Environment) -> Result<Vec<ExportedFile>, String> {
    let state = environment.status().state;
    let authored = environment.authored.load_full();
    let mut files: BTreeMap<&str, BTreeMap<&str, FlagState>> = BTreeMap::new();
    for flag in &authored.ruleset.flags {
        let decided = files.entry(&flag.file).or_default();
        if let Some(state) = state.flags.get(&*flag.key) {
            decided.insert(&flag.key, placed(state, flag));
        }
    }
    let files = files.into_iter();
    files
        .map(|(file, decided)| export_file(file, &decided))
        .collect()
}

/// The state of a flag, with each override at the present index of its rollout.
fn placed(state: &FlagState, flag: &CompiledFlag) -> FlagState {
    let fields = flag.rollout_fields();
    let (placed, _) = state.place(fields.map_or(&[], |fields| &fields.rollouts));
    let rollouts = placed.into_iter();
    FlagState {
        rollouts: rollouts.map(|(at, fields)| (at, fields.clone())).collect(),
        ..state.clone()
    }
}

fn export_file(file: &str, decided: &BTreeMap<&str, FlagState>) -> Result<ExportedFile, String> {
    let unusable = |why: &dyn std::fmt::Display| format!("cannot export {file}: {why}");
    let bytes = regular_file::read(Path::new(file), limits::DOCUMENT).map_err(|e| unusable(&e))?;
    let text = String::from_utf8(bytes).map_err(|_| unusable(&"it is not UTF-8 text"))?;
    let format = DocumentFormat::from_path(Path::new(file)).unwrap_or(DocumentFormat::Yaml);
    let exported = export_text(&text, format, decided).map_err(|why| unusable(&why))?;
    Ok(ExportedFile {
        file: file.to_owned(),
        changed: exported != text,
        text: exported,
    })
}

/// Writes the overrides of flags into the text of their file. The text is edited in place if that is possible, so that
/// comments stay; otherwise it is serialized again.
fn export_text(
    text: &str,
    format: DocumentFormat,
    decided: &BTreeMap<&str, FlagState>,
) -> Result<String, String> {
    let parse = |text: &str| {
        let mut report = DiagnosticSink::new("export".into());
        parse_syntax_tree(text, format, &mut report).ok_or_else(|| {
            let found = report.finish();
            found.first().map_or_else(String::new, ToString::to_string)
        })
    };
    let original = parse(text)?;
    let mut patched = original.clone();
    let edits = patch_document(&mut patched, decided);
    if edits.is_empty() {
        return Ok(text.to_owned());
    }
    let wanted = patched.to_owned_value();
    if let Some(edited) = text_edit::apply(text, &edits)
        && parse(&edited).is_ok_and(|read| read.to_owned_value() == wanted)
    {
        return Ok(edited);
    }
    Ok(match format {
        DocumentFormat::Yaml => serialize::to_yaml(&patched),
        DocumentFormat::Json => serialize::to_pretty_json(&patched),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::model::flag_state::Kill;
    use crate::control::model::flag_state::Mark;
    use crate::control::model::flag_state::RolloutOverride;

    fn kill() -> Kill {
        Kill {
            variant: Some("off".to_owned()),
            mark: Mark {
                by: "ann".to_owned(),
                at_ms: 1,
                reason: None,
            },
        }
    }

    fn overridden(percentage: f64) -> FlagState {
        let fields = RolloutOverride {
            percentage: Some(percentage),
            rings: Some(vec!["internal".to_owned()]),
            ..RolloutOverride::default()
        };
        FlagState {
            rollouts: [(0, fields)].into(),
            ..FlagState::default()
        }
    }

    fn exported(text: &str, decided: &FlagState) -> String {
        let decided = [("a", decided.clone())].into();
        export_text(text, DocumentFormat::Yaml, &decided).expect("a flag file")
    }

    #[test]
    fn fields_are_replaced_in_place_and_comments_stay() {
        let text = "# flags\nflags:\n  a: # first\n    variants: {on: true, off: false}\n    rollout:\n      variant: on\n      percentage: 5 # small\n      rings: [internal, beta]\n";
        let wanted = text
            .replace("percentage: 5 ", "percentage: 12.5 ")
            .replace("[internal, beta]", "[internal]");
        assert_eq!(exported(text, &overridden(12.5)), wanted);
    }

    #[test]
    fn missing_fields_are_inserted_in_place() {
        let text = "flags:\n  a:\n    # it has variants\n    variants: {on: true}\n    rollout: {variant: on} # new\n";
        let state = FlagState {
            killed: Some(kill()),
            ..overridden(1.0)
        };
        assert_eq!(
            exported(text, &state),
            "flags:\n  a:\n    # it has variants\n    kill: true\n    variants: {on: true}\n    rollout: {percentage: 1, rings: [internal], variant: on} # new\n"
        );
    }

    #[test]
    fn text_that_cannot_be_edited_in_place_is_serialized_again() {
        let text = "flags:\n  a:\n    variants: {on: true}\n    rollout: {variant: on, rings: [\n      internal,\n      beta], ramp: {from: 2026-01-01, to: 2026-02-01}}\n";
        let written = exported(text, &overridden(3.0));
        assert!(written.contains("percentage: 3\n"), "{written}");
        assert!(!written.contains("ramp"), "{written}");
        assert!(!written.contains("beta"), "{written}");
    }

    #[test]
    fn file_without_decisions_stays_byte_for_byte() {
        let text = "flags: {a: {variants: {x: 1}}}   # odd\n";
        assert_eq!(exported(text, &FlagState::default()), text);
    }
}

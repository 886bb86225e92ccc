//! Reconstructs a flag's definition from the compiled flag, since documents are dropped once they are compiled.

use crate::decision::ErrorCode;
use crate::diag::DiagnosticSink;
use crate::document;
use crate::document::DocumentOrigin;
use crate::document::flag::FlagDefinition;
use crate::ruleset::flag::CompiledFlag;
use crate::ruleset::flag::EvaluationPlan;

impl CompiledFlag {
    /// The definition of the flag: as written if it has rollout fields, otherwise as plain flagd evaluates it. `None`
    /// if it is faulty.
    pub fn to_flag_definition(&self) -> Option<FlagDefinition> {
        match &self.unexpanded_definition {
            Some(written) => Some(written.flag.clone()),
            None if self.is_faulty() => None,
            None => Some(reconstruct_flag_definition(self)),
        }
    }

    /// The definition of the flag; with an error code for a faulty flag, so that prerequisites on it are not met.
    pub fn to_definition_or_faulty(&self) -> FlagDefinition {
        self.to_flag_definition().unwrap_or_else(|| {
            let mut definition = reconstruct_flag_definition(self);
            definition.error_code = Some(ErrorCode::ParseError);
            definition
        })
    }
}

/// The definition of a flag without rollout fields.
fn reconstruct_flag_definition(flag: &CompiledFlag) -> FlagDefinition {
    let origin = DocumentOrigin {
        source: flag.source.clone(),
        file: flag.file.clone(),
    };
    let names = flag.variant_names.iter().cloned();
    let default = flag
        .default_variant
        .and_then(|at| flag.variant_names.get(usize::from(at)));
    let mut report = DiagnosticSink::new(flag.file.clone());
    let rule = flag.targeting_json.as_ref();
    FlagDefinition {
        key: (*flag.key).into(),
        position: flag.source_location.0,
        origin,
        disabled: matches!(flag.evaluation_plan, EvaluationPlan::Disabled),
        variants: names.zip(flag.variant_values.iter().cloned()).collect(),
        default_variant: default.cloned(),
        targeting: rule.and_then(|rule| document::json_parser::parse(rule, &mut report)),
        metadata: flag.metadata.clone(),
        error_code: None,
        rollout_fields: None,
        portable: !flag.not_portable,
    }
}

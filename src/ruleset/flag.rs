//! `CompiledFlag`: an immutable compiled flag, with the plan by which it is evaluated.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;
use ecow::EcoString;

use crate::context::ReadSet;
use crate::decision::ErrorCode;
use crate::diag::Diagnostic;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::merge::FlagIdentity;
use crate::document::rollout::fields::RolloutFields;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::decision_tree::DecisionTree;
use crate::selector::Selector;
use crate::value::OwnedMap;
use crate::value::OwnedValue;

/// A compiled flag.
#[derive(Debug)]
pub struct CompiledFlag {
    /// The key.
    pub key: Arc<str>,
    /// The source of the flag.
    pub source: Arc<str>,
    /// The id of the flag set.
    pub flag_set_id: Option<Box<str>>,
    /// The names of the variants, sorted.
    pub variant_names: Arc<[EcoString]>,
    /// The values of the variants, in the order of their names.
    pub variant_values: Arc<[OwnedValue]>,
    /// The metadata of the flag set and of the flag, sorted by name; part of every response.
    pub metadata: OwnedMap,
    /// The attributes that the rules read.
    pub read_set: ReadSet,
    /// The variant for contexts for which targeting selects none.
    pub default_variant: Option<u16>,
    /// The plan by which the flag is evaluated.
    pub evaluation_plan: EvaluationPlan,
    /// The targeting in JSON, as plain flagd evaluates it.
    pub targeting_json: Option<Box<str>>,
    /// A hash of everything that a response depends on.
    pub fingerprint: u64,
    /// The diagnostics of the rule.
    pub diagnostics: Box<[Diagnostic]>,
    /// The definition as written, if it has rollout fields: prerequisites may be in another document, and the next edit
    /// is compared with this definition.
    pub unexpanded_definition: Option<Box<UnexpandedDefinition>>,
    /// True if plain flagd cannot evaluate the flag.
    pub not_portable: bool,
    /// The file that defines the flag.
    pub file: Arc<str>,
    /// The position of the definition in the file.
    pub source_location: SourceLocation,
    /// The responses, once they are encoded.
    pub encoded_responses: OnceLock<Box<CachedResponses>>,
}

/// The position of a flag when its file was read. Excluded from comparison and debug output: edits elsewhere in the
/// file shift it.
#[derive(Clone, Copy)]
pub struct SourceLocation(pub Position);

impl fmt::Debug for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("somewhere")
    }
}

/// The definition of a flag as written, and the version of `fractional` that it is compiled with.
#[derive(Debug)]
pub struct UnexpandedDefinition {
    /// The flag; its rollout fields are not expanded.
    pub flag: FlagDefinition,
    /// The version of `fractional`.
    pub fractional_version: FractionalVersion,
}

/// Encoded responses. `snapshot` encodes them and defines their format.
#[derive(Debug)]
pub struct CachedResponses {
    /// All of them, in one buffer that responses in flight share.
    pub bytes: Bytes,
    /// The span of each response. Each outcome has two responses: of its own type, and for numbers as an integer.
    pub spans: Box<[(u32, u32)]>,
}

/// The plan by which a flag is evaluated.
#[derive(Debug)]
pub enum EvaluationPlan {
    /// The flag is disabled.
    Disabled,
    /// The flag has no targeting and always resolves to this variant.
    Static(u16),
    /// The flag has neither targeting nor a default variant.
    NoDefault,
    /// The flag has targeting, and perhaps a default variant.
    Targeted(DecisionTree),
    /// The definition is faulty.
    Faulty(ErrorCode),
}

impl CompiledFlag {
    /// The key and the flag set, which identify the flag.
    pub fn identity(&self) -> FlagIdentity<'_> {
        (&self.key, self.flag_set_id.as_deref())
    }

    /// The rollout fields as written; `None` if the flag has none, or comes from a document in which they are expanded.
    pub fn rollout_fields(&self) -> Option<&RolloutFields> {
        let written = self.unexpanded_definition.as_ref()?;
        written.flag.rollout_fields.as_deref()
    }

    /// Returns true if the definition is faulty.
    pub fn is_faulty(&self) -> bool {
        matches!(self.evaluation_plan, EvaluationPlan::Faulty(_))
    }

    /// Returns true if a selector selects the flag.
    pub(super) fn is_selected(&self, selector: &Selector) -> bool {
        selector.matches(self.flag_set_id.as_deref(), &self.source)
    }
}

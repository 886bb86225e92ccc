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
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::decision_tree::DecisionTree;
use crate::selector::Selector;
use crate::value::OwnedMap;
use crate::value::OwnedValue;

/// A compiled flag.
#[derive(Debug)]
pub struct CompiledFlag {
    /// Its key.
    pub key: Arc<str>,
    /// The source that it comes from.
    pub source: Arc<str>,
    /// The id of the flag set that it belongs to.
    pub flag_set_id: Option<Box<str>>,
    /// The names of its variants, sorted.
    pub variant_names: Arc<[EcoString]>,
    /// The values of its variants, in the order of their names.
    pub variant_values: Arc<[OwnedValue]>,
    /// The metadata of the flag set and of the flag, sorted by name. It is part of every response.
    pub metadata: OwnedMap,
    /// The attributes that its rules read.
    pub read_set: ReadSet,
    /// The variant for contexts for which targeting chooses none.
    pub default_variant: Option<u16>,
    /// The way it decides.
    pub evaluation_plan: EvaluationPlan,
    /// Its targeting in JSON, as plain flagd evaluates it.
    pub targeting_json: Option<Box<str>>,
    /// A hash of everything that a response depends on.
    pub fingerprint: u64,
    /// The diagnostics of its rule.
    pub diagnostics: Box<[Diagnostic]>,
    /// The definition as written, if it has rollout fields: its prerequisites may be in another document, and its next
    /// edit is compared with it.
    pub unexpanded_definition: Option<Box<UnexpandedDefinition>>,
    /// True if plain flagd cannot evaluate it.
    pub not_portable: bool,
    /// The file that defines it.
    pub file: Arc<str>,
    /// The position of the definition in the file.
    pub source_location: SourceLocation,
    /// Its responses, once they are encoded.
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

/// Encoded responses. Their format is known only to the encoder, in `snapshot`.
#[derive(Debug)]
pub struct CachedResponses {
    /// All of them, in one buffer that responses in flight share.
    pub bytes: Bytes,
    /// The span of each response. Each outcome has two: that of its own type, and for numbers that as an integer.
    pub spans: Box<[(u32, u32)]>,
}

/// The way a flag decides.
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
    /// Its definition is faulty.
    Faulty(ErrorCode),
}

impl CompiledFlag {
    /// The key and the flag set: what distinguishes the flag from others.
    pub fn identity(&self) -> FlagIdentity<'_> {
        (&self.key, self.flag_set_id.as_deref())
    }

    /// Returns true if its definition is faulty.
    pub fn is_faulty(&self) -> bool {
        matches!(self.evaluation_plan, EvaluationPlan::Faulty(_))
    }

    /// Returns true if a selector selects it.
    pub(super) fn is_selected(&self, selector: &Selector) -> bool {
        selector.matches(self.flag_set_id.as_deref(), &self.source)
    }
}

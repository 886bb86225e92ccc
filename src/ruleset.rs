//! Compiled flags. Immutable; deciding cannot fail.

mod merge_join;
mod prerequisite;

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;
use ecow::EcoString;

use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::coop;
use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::FlagType;
use crate::decision::Reason;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document;
use crate::document::Document;
use crate::document::flagd_targeting_json;
use crate::document::merge;
use crate::document::merge::FlagIdentity;
use crate::document::rollout::expand;
use crate::fingerprint;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::compile;
use crate::rule::decision_tree::DecisionTree;
use crate::rule::decision_tree::Leaf;
pub use crate::ruleset::merge_join::merge_join;
use crate::selector::Selector;
use crate::value::OwnedMap;
use crate::value::OwnedValue;

/// The flags of one generation.
#[derive(Debug, Default)]
pub struct Ruleset {
    /// The flags, sorted by key. Of equal keys, which are in different flag sets, the last one wins.
    pub flags: Vec<Arc<CompiledFlag>>,
    /// Whether each key is that of one flag only, as in nearly all of them.
    keys_are_unique: bool,
}

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
    /// What goes with every answer: the flag set's metadata and its own, sorted by name.
    pub metadata: OwnedMap,
    /// The attributes that its rules read.
    pub read_set: ReadSet,
    /// The variant that counts when targeting chooses none.
    pub default_variant: Option<u16>,
    /// How it decides.
    pub evaluation_plan: EvaluationPlan,
    /// Its rule as plain flagd knows it, in JSON.
    pub targeting_json: Option<Box<str>>,
    /// A number that differs, in all likelihood, when the flag answers differently.
    pub fingerprint: u64,
    /// What is wrong with its rule.
    pub diagnostics: Box<[Diagnostic]>,
    /// As it is written, if it has words: whatever it requires may stand in another document, and its next edit is held
    /// against it.
    pub unexpanded_definition: Option<Box<UnexpandedDefinition>>,
    /// Whether plain flagd cannot evaluate it.
    pub not_portable: bool,
    /// The file that it stands in, and where.
    pub file: Arc<str>,
    /// Where in the file.
    pub source_location: SourceLocation,
    /// Its answers, once they are encoded.
    pub encoded_responses: OnceLock<Box<EncodedResponses>>,
}

/// Where a flag stood when it was read. What is around it may have moved it since, so it is no part of what the flag is.
#[derive(Clone, Copy)]
pub struct SourceLocation(pub Position);

impl fmt::Debug for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("somewhere")
    }
}

/// A flag as written, and how it is compiled.
#[derive(Debug)]
pub struct UnexpandedDefinition {
    /// The flag; its words are not expanded.
    pub flag: document::flag::FlagDefinition,
    /// The version of `fractional`.
    pub fractional_version: FractionalVersion,
}

/// Encoded answers. What is in them, only those know who encode them.
#[derive(Debug)]
pub struct EncodedResponses {
    /// All of them, in one piece of memory that answers in flight share.
    pub bytes: Bytes,
    /// Where each of them stands. Each outcome has two: that of its own type, and for numbers that as an integer.
    pub spans: Box<[(u32, u32)]>,
}

/// How a flag decides.
#[derive(Debug)]
pub enum EvaluationPlan {
    /// It is disabled.
    Disabled,
    /// It has no targeting and always answers with this variant.
    Static(u16),
    /// It has neither targeting nor a default variant.
    NoDefault,
    /// It has targeting, and perhaps a default variant.
    Targeted(DecisionTree),
    /// Its definition is faulty.
    Faulty(ErrorCode),
}

/// Compiles a merged document, or several one behind the other: what a flag requires is that of the last one that has it.
/// Units are hashed as `fractional` says.
pub fn compile(document: &Document, fractional: FractionalVersion) -> (Ruleset, Vec<Diagnostic>) {
    let flags = document.flags.iter().map(|flag| (**flag).clone());
    let flags = flags.map(|flag| Arc::new(compile_flag(flag, fractional)));
    let flags = flags.collect();
    let ruleset = Ruleset::from_flags(flags);
    let diagnostics = ruleset.diagnostics().cloned().collect();
    (ruleset, diagnostics)
}

/// More bytes than most rules take in JSON.
const TARGETING_JSON_CAPACITY: usize = 512;

/// Compiles one flag. What it requires is not known here; [`Ruleset::merge_layers`] sees to that.
pub fn compile_flag(
    flag: document::flag::FlagDefinition,
    fractional: FractionalVersion,
) -> CompiledFlag {
    coop::yield_if_due();
    if flag.rollout_fields.is_none() {
        return compile_plain_flag(flag, fractional);
    }
    let (expanded, found) = expand::expand_one(&flag);
    prerequisite::compile_expanded(
        UnexpandedDefinition {
            flag,
            fractional_version: fractional,
        },
        expanded,
        found,
    )
}

/// Compiles a flag without words, or with a rule in their place.
fn compile_plain_flag(
    flag: document::flag::FlagDefinition,
    fractional: FractionalVersion,
) -> CompiledFlag {
    let (foreign, file, place) = (!flag.portable, flag.origin.file.clone(), flag.position);
    let rule = flag.targeting.as_ref().map(|targeting| {
        let mut rule = String::with_capacity(TARGETING_JSON_CAPACITY);
        flagd_targeting_json::write_targeting(&mut rule, targeting);
        rule.as_str().into()
    });
    let print = flag_fingerprint(&flag, rule.as_deref());
    let set = flag.flag_set_id().map(Into::into);
    let mut report = DiagnosticSink::new(flag.origin.file.clone());
    let names: Arc<[_]> = flag.variants.iter().map(|(name, _)| name.clone()).collect();
    let values = flag.variants.into_iter().map(|(_, value)| value);
    let values: Arc<[_]> = values.collect();
    let mut reads = ReadSet::default();
    // A disabled or faulty flag never runs its rule, but whoever wrote it wants to know about its mistakes.
    let tree = flag
        .targeting
        .as_ref()
        .filter(|node| !is_empty_targeting(node));
    let tree = tree.map(|node| {
        let (tree, read) =
            compile::compile_targeting(node, &flag.key, &names, fractional, &mut report);
        reads = read;
        tree
    });
    let default = flag.default_variant.as_ref();
    let default = default.and_then(|name| names.binary_search(name).ok());
    let default = default.and_then(|index| u16::try_from(index).ok());
    let plan = match (flag.error_code, tree, default) {
        (Some(code), ..) => EvaluationPlan::Faulty(code),
        (None, _, _) if flag.disabled => EvaluationPlan::Disabled,
        (None, Some(tree), _) => EvaluationPlan::Targeted(tree),
        (None, None, Some(default)) => EvaluationPlan::Static(default),
        (None, None, None) => EvaluationPlan::NoDefault,
    };
    CompiledFlag {
        key: flag.key.as_str().into(),
        source: flag.origin.source,
        flag_set_id: set,
        variant_names: names,
        variant_values: values,
        metadata: flag.metadata,
        read_set: reads,
        default_variant: default,
        evaluation_plan: plan,
        targeting_json: rule,
        fingerprint: print,
        diagnostics: report.finish().into(),
        unexpanded_definition: None,
        not_portable: foreign,
        file,
        source_location: SourceLocation(place),
        encoded_responses: OnceLock::new(),
    }
}

fn flag_fingerprint(flag: &document::flag::FlagDefinition, rule: Option<&str>) -> u64 {
    let plan = (flag.disabled, &flag.default_variant, flag.error_code, rule);
    fingerprint::hash(&(plan, &flag.variants, &flag.metadata))
}

/// An empty object means no targeting; null means targeting that never chooses.
fn is_empty_targeting(targeting: &document::syntax_tree::Node) -> bool {
    targeting.as_map().is_some_and(<[_]>::is_empty)
}

impl Ruleset {
    /// The flags of several documents laid over each other, as [`merge_layers`] does it.
    pub fn merge_layers<'l>(
        layers: impl IntoIterator<Item: IntoIterator<Item = &'l Arc<CompiledFlag>>>,
    ) -> Ruleset {
        Ruleset::from_flags(merge::merge_layers(layers, CompiledFlag::identity))
    }

    /// Flags sorted by key, each with what it requires.
    fn from_flags(mut flags: Vec<Arc<CompiledFlag>>) -> Ruleset {
        prerequisite::inline_prerequisites(&mut flags);
        // Not only unlike its neighbour's: whoever compiles documents one behind the other has keys in no order.
        let distinct = flags.is_sorted_by(|a, b| a.key < b.key);
        Ruleset {
            flags,
            keys_are_unique: distinct,
        }
    }

    /// What is wrong with the rules.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        coop::yielding_cheap(&self.flags).flat_map(|flag| &flag.diagnostics)
    }

    /// The position of the selected flag called `key`.
    pub fn position(&self, key: &str, selector: &Selector) -> Option<usize> {
        let is_selected = |at: &usize| self.flags.get(*at).is_some_and(|f| f.is_selected(selector));
        if self.keys_are_unique {
            let found = self.flags.binary_search_by(|flag| (*flag.key).cmp(key));
            return found.ok().filter(is_selected);
        }
        let start = self.flags.partition_point(|flag| *flag.key < *key);
        let others = self.flags.iter().skip(start);
        let count = others.take_while(|flag| *flag.key == *key).count();
        (start..start + count).rev().find(is_selected)
    }

    /// The flag called `key`.
    pub fn flag(&self, key: &str) -> Option<&CompiledFlag> {
        let position = self.position(key, &Selector::All)?;
        self.flag_at(position)
    }

    /// The flag at this position.
    pub fn flag_at(&self, position: usize) -> Option<&CompiledFlag> {
        self.flags.get(position).map(AsRef::as_ref)
    }

    /// The positions of all selected flags, one for each key.
    pub fn select_positions(&self, selector: &Selector) -> impl Iterator<Item = usize> {
        let same =
            |a: &Arc<CompiledFlag>, b: &Arc<CompiledFlag>| !self.keys_are_unique && a.key == b.key;
        let mut start = 0;
        self.flags.chunk_by(same).filter_map(move |group| {
            let found = group.iter().rposition(|flag| flag.is_selected(selector));
            let position = found.map(|at| start + at);
            start += group.len();
            position
        })
    }
}

impl CompiledFlag {
    /// What tells it from others.
    pub fn identity(&self) -> FlagIdentity<'_> {
        (&self.key, self.flag_set_id.as_deref())
    }

    /// The flag as written: as it stood in its file if it has words, else as plain flagd knows it. `None` if it is faulty.
    pub fn to_flag_definition(&self) -> Option<document::flag::FlagDefinition> {
        match &self.unexpanded_definition {
            Some(written) => Some(written.flag.clone()),
            None if self.is_faulty() => None,
            None => Some(prerequisite::reconstruct_flag_definition(self)),
        }
    }

    /// Whether its definition is faulty.
    pub fn is_faulty(&self) -> bool {
        matches!(self.evaluation_plan, EvaluationPlan::Faulty(_))
    }

    fn is_selected(&self, selector: &Selector) -> bool {
        selector.matches(self.flag_set_id.as_deref(), &self.source)
    }

    /// What the flag answers to a context, whatever the type of the answer.
    pub fn decide<'a>(&'a self, context: &EvaluationContext<'a>) -> Decision {
        match &self.evaluation_plan {
            EvaluationPlan::Targeted(tree) => {
                self.decision_for_leaf(tree.decide(context, &self.variant_names))
            }
            EvaluationPlan::Disabled => Decision::Disabled,
            EvaluationPlan::Static(index) => Decision::Variant(*index, Reason::Static),
            EvaluationPlan::NoDefault => Decision::NoDefault,
            EvaluationPlan::Faulty(code) => Decision::Error(*code),
        }
    }

    /// What the flag answers when its targeting ends so.
    pub fn decision_for_leaf(&self, leaf: Leaf) -> Decision {
        match (leaf, self.default_variant) {
            (Leaf::Variant(index), _) => Decision::Variant(index, Reason::TargetingMatch),
            (Leaf::Default, Some(default)) => Decision::Variant(default, Reason::Default),
            (Leaf::Default, None) => Decision::NoDefault,
            (Leaf::UnknownVariant, _) => Decision::Error(ErrorCode::General),
            (Leaf::Failed, _) => Decision::Error(ErrorCode::ParseError),
        }
    }

    /// The decision as a caller sees it who wants an answer of a certain type.
    pub fn enforce_type(&self, decision: Decision, want: FlagType) -> Decision {
        match decision {
            Decision::Variant(index, _) if !self.variant_is_of_type(index, want) => {
                Decision::Error(ErrorCode::TypeMismatch)
            }
            other => other,
        }
    }

    fn variant_is_of_type(&self, index: u16, want: FlagType) -> bool {
        matches!(
            (self.variant_values.get(usize::from(index)), want),
            (Some(OwnedValue::Bool(_)), FlagType::Boolean)
                | (Some(OwnedValue::Text(_)), FlagType::String)
                | (Some(OwnedValue::Number(_)), FlagType::Int | FlagType::Float)
                | (Some(OwnedValue::Map(_)), FlagType::Object)
        )
    }

    /// The type of a variant's value; `None` for null and lists, which no typed call can answer with.
    pub fn variant_type(&self, index: u16) -> Option<FlagType> {
        match self.variant_values.get(usize::from(index))? {
            OwnedValue::Bool(_) => Some(FlagType::Boolean),
            OwnedValue::Text(_) => Some(FlagType::String),
            OwnedValue::Number(_) => Some(FlagType::Float),
            OwnedValue::Map(_) => Some(FlagType::Object),
            OwnedValue::Null | OwnedValue::List(_) => None,
        }
    }
}

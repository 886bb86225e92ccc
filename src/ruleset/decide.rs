//! The decision of a compiled flag for an evaluation context. A decision cannot fail.

use crate::context::EvaluationContext;
use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::FlagType;
use crate::decision::Reason;
use crate::rule::decision_tree::Leaf;
use crate::ruleset::flag::CompiledFlag;
use crate::ruleset::flag::EvaluationPlan;
use crate::value::OwnedValue;

impl CompiledFlag {
    /// The decision for a context, for callers that accept any type.
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

    /// The decision for an outcome of the flag's targeting.
    pub fn decision_for_leaf(&self, leaf: Leaf) -> Decision {
        match (leaf, self.default_variant) {
            (Leaf::Variant(index), _) => Decision::Variant(index, Reason::TargetingMatch),
            (Leaf::Default, Some(default)) => Decision::Variant(default, Reason::Default),
            (Leaf::Default, None) => Decision::NoDefault,
            (Leaf::UnknownVariant, _) => Decision::Error(ErrorCode::General),
            (Leaf::Failed, _) => Decision::Error(ErrorCode::ParseError),
        }
    }

    /// The decision for a caller that requires type `want`: a type mismatch if the variant is of another type.
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

    /// The type of a variant's value; `None` for null and lists, which no typed call can return.
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

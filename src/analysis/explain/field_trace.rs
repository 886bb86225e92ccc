//! The trace of rollout fields: which of them were tested for a context, in the words of the flag file, and which one
//! decided. The fields are tested in the order in which they are expanded to a rule.

use bumpalo::Bump;
use ecow::EcoString;

use crate::analysis::explain::bucket_text;
use crate::analysis::format;
use crate::analysis::model::owned_context::OwnedContext;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::RolloutFields;
use crate::document::rollout::jsonlogic_builder;
use crate::document::syntax_tree::Node;
use crate::rule::coerce;
use crate::rule::syntax;
use crate::value::OwnedValue;

/// A rollout field that was tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldStep {
    /// The path of the field in the flag, for instance `rollout.percentage`.
    pub field: String,
    /// The position of the field, or of the rollout that contains it.
    pub position: Position,
    /// True if the field decides the result.
    pub decides: bool,
    /// The field and the result of its test as text.
    pub text: String,
}

/// The rollout fields that were tested, up to the one that decides. `flag` is the flag with its fields expanded. Empty
/// if the flag has no rollout fields, or returns an error or nothing.
pub fn trace_fields(flag: &FlagDefinition, context: &OwnedContext) -> Vec<FieldStep> {
    let Some(fields) = flag.rollout_fields.as_deref() else {
        return Vec::new();
    };
    if flag.disabled || flag.error_code.is_some() {
        return Vec::new();
    }
    let mut tracer = FieldTracer {
        flag,
        fields,
        context,
        steps: Vec::new(),
    };
    tracer.trace();
    let decided = tracer.steps.iter().position(|step| step.decides);
    tracer
        .steps
        .truncate(decided.map_or(usize::MAX, |at| at + 1));
    tracer.steps
}

struct FieldTracer<'t> {
    flag: &'t FlagDefinition,
    fields: &'t RolloutFields,
    context: &'t OwnedContext,
    steps: Vec<FieldStep>,
}

impl<'t> FieldTracer<'t> {
    fn trace(&mut self) {
        if let Some(position) = self.fields.kill_position {
            let result = self.safe_result();
            let text = format!("killed: `kill: true` serves {result} to all contexts");
            return self.push("kill".to_owned(), position, true, text);
        }
        let rollouts: Vec<(String, &Rollout)> = self.named_rollouts();
        for (name, rollout) in &rollouts {
            self.trace_list(name, "deny", rollout.position, &rollout.deny);
        }
        for (name, rollout) in &rollouts {
            self.trace_list(name, "allow", rollout.position, &rollout.allow);
        }
        self.trace_prerequisites();
        for (name, rollout) in &rollouts {
            self.trace_rollout(name, rollout);
        }
    }

    /// The rollouts and their paths.
    fn named_rollouts(&self) -> Vec<(String, &'t Rollout)> {
        let fields = self.fields;
        let several = fields.rollouts.len() > 1;
        let rollouts = fields.rollouts.iter().enumerate();
        let named = rollouts.map(|(at, rollout)| {
            let name = if several {
                format!("rollout[{at}]")
            } else {
                "rollout".to_owned()
            };
            (name, rollout)
        });
        named.collect()
    }

    fn push(&mut self, field: String, position: Position, decides: bool, text: String) {
        self.steps.push(FieldStep {
            field,
            position,
            decides,
            text,
        });
    }

    /// The variant for contexts that must not get a release, as text.
    fn safe_result(&self) -> String {
        let default = self.flag.default_variant.as_deref();
        match (self.fields.safe_variant.as_deref(), default) {
            (Some(safe), _) => format!("the safe variant `{safe}`"),
            (None, Some(default)) => format!("the default variant `{default}`"),
            (None, None) => "the caller's default".to_owned(),
        }
    }

    fn holds(&self, condition: &Node) -> bool {
        let value = self.context.evaluate_node(condition, &self.flag.key);
        value.is_some_and(|value| coerce::is_truthy(value.to_value(&Bump::new())))
    }

    fn trace_list(&mut self, rollout: &str, list: &str, position: Position, keys: &[EcoString]) {
        if keys.is_empty() {
            return;
        }
        let contained = self.holds(&jsonlogic_builder::targeting_key_in(position, keys));
        let unit = format::format_value(&self.context.value_at_path("targetingKey"));
        let verb = if contained {
            "contains"
        } else {
            "does not contain"
        };
        let field = format!("{rollout}.{list}");
        let text = format!("`{field}` {verb} targetingKey {unit}");
        self.push(field, position, contained, text);
    }

    /// Traces `requires`, by the branch of the rule that it expands to.
    fn trace_prerequisites(&mut self) {
        let Some(first) = self.fields.requires.first() else {
            return;
        };
        let required = self.fields.requires.iter();
        let required = required.map(|other| format!("`{}: {}`", other.flag, other.variant));
        let required = required.collect::<Vec<String>>().join(" and ");
        let unmet = self.is_prerequisite_missing();
        let position = first.position;
        let text = if unmet {
            let safe = self.safe_result();
            format!("`requires` {required} is not met, which serves {safe}")
        } else {
            format!("`requires` {required} is met")
        };
        self.push("requires".to_owned(), position, unmet, text);
    }

    fn is_prerequisite_missing(&self) -> bool {
        let rule = self.flag.targeting.as_ref();
        let clauses = rule
            .and_then(Node::single_member)
            .and_then(syntax::if_arguments);
        let own = |node: &Node| node.position == self.flag.position;
        let mut clauses = clauses.unwrap_or_default().chunks(2);
        clauses.any(|clause| match clause {
            [condition, safe] if own(safe) => self.holds(condition),
            [safe] => own(safe),
            _ => false,
        })
    }

    fn trace_rollout(&mut self, name: &str, rollout: &Rollout) {
        let position = rollout.position;
        if let Some(condition) = &rollout.when
            && !self.holds(condition)
        {
            let condition = format::format_condition(condition);
            let text = format!("`{name}.when` does not hold: {condition}");
            return self.push(format!("{name}.when"), position, false, text);
        }
        let result = release_text(rollout);
        self.trace_rings(name, rollout, &result);
        if !rollout.segments.is_empty() {
            let own = rollout.segments.iter().find(|segment| {
                let segments = std::slice::from_ref(*segment);
                self.holds(&jsonlogic_builder::has_any_segment(position, segments))
            });
            let text = match own {
                Some(own) => format!("`{name}.segments` contains segment \"{own}\"{result}"),
                None => format!("`{name}.segments` contains no segment of the context"),
            };
            self.push(format!("{name}.segments"), position, own.is_some(), text);
        }
        let share = bucket_text::trace_percentage(name, rollout, self.flag, self.context);
        let text = if share.is_included {
            format!("{}{result}", share.text)
        } else {
            share.text
        };
        self.push(share.field, position, share.is_included, text);
    }

    fn trace_rings(&mut self, name: &str, rollout: &Rollout, result: &str) {
        if rollout.rings.is_empty() {
            return;
        }
        let position = rollout.position;
        let by_name = rollout.rings.iter().find(|ring| {
            let ring = std::slice::from_ref(*ring);
            self.holds(&jsonlogic_builder::attribute_equals_any(
                position, "ring", ring,
            ))
        });
        let by_condition = rollout.rings.iter().find_map(|name| {
            let condition = self.fields.rings.find(name)?.condition.as_ref()?;
            self.holds(condition).then_some((name, condition))
        });
        let text = match (by_name, by_condition) {
            (Some(ring), _) => format!("`{name}.rings` contains ring \"{ring}\"{result}"),
            (None, Some((ring, condition))) => {
                let condition = format::format_condition(condition);
                format!(
                    "`{name}.rings` contains ring \"{ring}\", whose condition holds: {condition}{result}"
                )
            }
            (None, None) => {
                let ring = format::format_value(&self.context.value_at_path("ring"));
                let rings = rollout.rings.iter().cloned().map(OwnedValue::Text);
                let rings = format::format_value(&OwnedValue::List(rings.collect()));
                format!("`{name}.rings` {rings} contains no ring of the context (ring = {ring})")
            }
        };
        let decides = by_name.is_some() || by_condition.is_some();
        self.push(format!("{name}.rings"), position, decides, text);
    }
}

/// The release of a rollout, as the end of a sentence.
fn release_text(rollout: &Rollout) -> String {
    match &rollout.release {
        Release::Variant(name) => format!(": variant `{name}`"),
        Release::Split(_) => ": variant by `split`".to_owned(),
    }
}

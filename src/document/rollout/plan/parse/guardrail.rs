//! Parses guardrails.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::plan::guardrail::Guardrail;
use crate::document::rollout::plan::guardrail::GuardrailTest;
use crate::document::rollout::plan::parse::draft::PlacedGuardrail;
use crate::document::schema;
use crate::document::syntax_tree::Node;

const FIELD: &str = "guardrails";
const HELP: &str =
    "write it as an object: `{ name: errors, outcome: app.error, noWorseThan: control }`";
const EVENT: &str =
    "add `outcome` with the name of an outcome, or `metric` with the name of a metric";
const LIMITS: (f64, f64) = (0.0, 1e12);

/// The kind of a guardrail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MeasurementKind {
    Outcome,
    Ratio,
    Latency,
    Threshold,
    Sessions,
}

const KINDS: [(&str, MeasurementKind); 5] = [
    ("outcome", MeasurementKind::Outcome),
    ("ratio", MeasurementKind::Ratio),
    ("latency", MeasurementKind::Latency),
    ("threshold", MeasurementKind::Threshold),
    ("sessions", MeasurementKind::Sessions),
];

/// The members of a guardrail as written.
#[derive(Default)]
struct GuardrailDraft {
    name: Option<String>,
    kind: Option<MeasurementKind>,
    outcome: Option<String>,
    is_against_control: bool,
    margin: Option<f64>,
    must_not_fall: Option<f64>,
    bad: Option<String>,
    of: Option<String>,
    histogram: Option<String>,
    threshold: Option<f64>,
    max: Option<f64>,
    metric: Option<String>,
    window_ms: Option<u64>,
    require_proof: bool,
    abs_threshold: Option<f64>,
    rel_multiplier: Option<f64>,
    min_sessions: Option<u64>,
    is_strict: bool,
}

impl FieldParser<'_> {
    pub(super) fn parse_guardrails(&mut self, node: &Node) -> Vec<PlacedGuardrail> {
        self.report_empty_list(node, FIELD, "remove it, or add a guardrail");
        let items = self.bounded_items(node, FIELD).iter();
        items
            .filter_map(|item| self.parse_guardrail(item))
            .collect()
    }

    fn parse_guardrail(&mut self, node: &Node) -> Option<PlacedGuardrail> {
        let mut draft = GuardrailDraft::default();
        let was_faulty = std::mem::take(&mut self.faulty);
        for member in self.parse_known_members(node, FIELD, &schema::GUARDRAIL, HELP) {
            self.parse_guardrail_text(&mut draft, &member.key, &member.value);
            self.parse_guardrail_number(&mut draft, &member.key, &member.value);
        }
        // A missing member is not reported if one of the members is invalid.
        let found = if self.faulty {
            None
        } else {
            self.complete_guardrail(node, &draft)
        };
        self.faulty |= was_faulty;
        Some(PlacedGuardrail {
            position: node.position,
            guardrail: found?,
        })
    }

    fn parse_guardrail_text(&mut self, draft: &mut GuardrailDraft, name: &str, value: &Node) {
        match name {
            "name" => draft.name = self.parse_name(value, "name"),
            "kind" => draft.kind = self.parse_choice(value, "kind", &KINDS),
            "outcome" => draft.outcome = self.parse_name(value, "outcome"),
            "noWorseThan" => {
                let known = [("control", true)];
                let found = self.parse_choice(value, "noWorseThan", &known);
                draft.is_against_control = found.unwrap_or(true);
            }
            "bad" => draft.bad = self.parse_name(value, "bad"),
            "of" => draft.of = self.parse_name(value, "of"),
            "histogram" => draft.histogram = self.parse_name(value, "histogram"),
            "metric" => draft.metric = self.parse_name(value, "metric"),
            _ => {}
        }
    }

    fn parse_guardrail_number(&mut self, draft: &mut GuardrailDraft, name: &str, value: &Node) {
        match name {
            "margin" => draft.margin = self.parse_limit(value, name, (0.0, 10.0)),
            "mustNotFall" => draft.must_not_fall = self.parse_limit(value, name, (0.0, 1.0)),
            "threshold" => draft.threshold = self.parse_limit(value, name, LIMITS),
            "max" => draft.max = self.parse_limit(value, name, LIMITS),
            "window" => draft.window_ms = self.parse_duration(value, name),
            "requireProof" => draft.require_proof = self.parse_bool(value, name),
            "absThreshold" => draft.abs_threshold = self.parse_limit(value, name, (0.0, 1.0)),
            "relMultiplier" => draft.rel_multiplier = self.parse_limit(value, name, (1.0, 1000.0)),
            "minSessions" => draft.min_sessions = self.parse_count(value, name),
            "strict" => draft.is_strict = self.parse_bool(value, name),
            _ => {}
        }
    }

    fn complete_guardrail(&mut self, node: &Node, draft: &GuardrailDraft) -> Option<Guardrail> {
        let Some(name) = draft.name.clone() else {
            self.report_invalid(node.position, FIELD, "has an item without `name`", HELP);
            return None;
        };
        match complete_test(draft) {
            Ok(test) => Some(Guardrail {
                name,
                test,
                window_ms: draft.window_ms,
                require_proof: draft.require_proof,
            }),
            Err((missing, help)) => {
                let what = format!("has an item `{name}` {missing}");
                self.report_invalid(node.position, FIELD, what, help);
                None
            }
        }
    }
}

/// The kind as written, or the one that the members belong to.
fn kind_of(draft: &GuardrailDraft) -> MeasurementKind {
    if let Some(kind) = draft.kind {
        kind
    } else if draft.bad.is_some() || draft.of.is_some() {
        MeasurementKind::Ratio
    } else if draft.histogram.is_some() {
        MeasurementKind::Latency
    } else if draft.metric.is_some() {
        MeasurementKind::Threshold
    } else if draft.abs_threshold.is_some() || draft.rel_multiplier.is_some() {
        MeasurementKind::Sessions
    } else {
        MeasurementKind::Outcome
    }
}

/// The missing member, and the help.
type Missing = (&'static str, &'static str);

fn complete_test(draft: &GuardrailDraft) -> Result<GuardrailTest, Missing> {
    let text = |field: &Option<String>, missing: Missing| field.clone().ok_or(missing);
    let max = draft
        .max
        .ok_or(("without a limit", "add `max`, for instance `max: 0.05`"));
    Ok(match kind_of(draft) {
        MeasurementKind::Outcome => outcome_test(draft)?,
        MeasurementKind::Ratio => GuardrailTest::Ratio {
            bad: text(&draft.bad, RATIO)?,
            of: text(&draft.of, RATIO)?,
            max: max?,
        },
        MeasurementKind::Latency => GuardrailTest::Latency {
            histogram: text(&draft.histogram, LATENCY)?,
            threshold: draft.threshold.ok_or(LATENCY)?,
            max: max?,
        },
        MeasurementKind::Threshold => GuardrailTest::Threshold {
            metric: text(&draft.metric, ("without a metric", EVENT))?,
            max: max?,
        },
        MeasurementKind::Sessions => GuardrailTest::Sessions {
            outcome: text(&draft.outcome, ("without an outcome", EVENT))?,
            abs_threshold: draft.abs_threshold.unwrap_or(0.05),
            rel_multiplier: draft.rel_multiplier.unwrap_or(3.0),
            min_sessions: draft.min_sessions.unwrap_or(200),
            strict: draft.is_strict,
        },
    })
}

const RATIO: Missing = (
    "without counters",
    "add `bad` with the counter of failures and `of` with the counter of all attempts",
);
const LATENCY: Missing = (
    "without a histogram or a threshold",
    "add `histogram`, and `threshold` in its unit, for instance `threshold: 0.5`",
);

fn outcome_test(draft: &GuardrailDraft) -> Result<GuardrailTest, Missing> {
    let outcome = draft.outcome.clone();
    let outcome = outcome.ok_or(("without a measurement", EVENT))?;
    match (draft.must_not_fall, draft.is_against_control) {
        (Some(_), true) => Err((
            "with both `noWorseThan` and `mustNotFall`",
            "remove one of them: failures must not rise, successes must not fall",
        )),
        (Some(by), false) => Ok(GuardrailTest::MustNotFall { outcome, by }),
        (None, _) => Ok(GuardrailTest::NoWorseThanControl {
            outcome,
            margin: draft.margin.unwrap_or(0.0),
        }),
    }
}

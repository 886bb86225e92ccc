//! The schemas of rollout plans as constants.

use crate::document::rollout::plan::template;
use crate::document::schema::field::FieldType;
use crate::document::schema::field::ObjectSchema;
use crate::document::schema::objects::REGION;
use crate::document::schema::objects::field;

/// The plan of a rollout.
pub const PLAN: ObjectSchema = ObjectSchema {
    name: "plan",
    fields: &[
        field(
            "template",
            FieldType::Choice(&template::NAMES),
            "A list of stages with a name; `stages` replaces its stages.",
        ),
        field(
            "stages",
            FieldType::ObjectOrList(&STAGE),
            "The stages, in their order; each exposes at least as many units as the one before.",
        ),
        field(
            "regions",
            FieldType::TextOrList,
            "The regions of the template `regions`, in their order.",
        ),
        field(
            "hold",
            FieldType::Duration,
            "The least time in a stage without a `hold` of its own; 1h by default.",
        ),
        field(
            "guardrails",
            FieldType::ObjectOrList(&GUARDRAIL),
            "Measurements that must not get worse in any stage.",
        ),
        field(
            "alpha",
            FieldType::Number(1e-6, 0.5),
            "The chance to take a healthy release back; 0.05 by default.",
        ),
        field(
            "minimum",
            FieldType::Object(&MINIMUM),
            "The least units and the least time of every stage.",
        ),
        field(
            "onRegression",
            FieldType::Choice(&["rollback", "previous-stage", "halt"]),
            "The reaction to a regression; `rollback` by default.",
        ),
        field(
            "onInconclusive",
            FieldType::Choice(&["hold", "extend", "advance", "rollback"]),
            "The reaction if a required proof of health is missing in time; `hold` by default.",
        ),
        field(
            "onNoData",
            FieldType::Choice(&["hold", "rollback", "warn"]),
            "The reaction to missing data; `hold` by default.",
        ),
        field(
            "noDataGrace",
            FieldType::Duration,
            "The time for which data may be missing; 10m by default.",
        ),
        field(
            "whileBlind",
            FieldType::Object(&WHILE_BLIND),
            "The exposure ends by itself if nobody watches it.",
        ),
        field(
            "rollback",
            FieldType::Object(&ROLLBACK),
            "How the rollout is taken back.",
        ),
        field(
            "windows",
            FieldType::ObjectOrList(&WINDOW),
            "The hours in which a stage may begin; at any time by default.",
        ),
        field(
            "approvalsExpire",
            FieldType::Duration,
            "The time for which an approval counts; 24h by default.",
        ),
    ],
    required: &[],
    one_of: &[],
};

/// A stage of a plan.
pub const STAGE: ObjectSchema = ObjectSchema {
    name: "stage",
    fields: &[
        field("name", FieldType::Text, "The name, unique in the plan."),
        field(
            "percentage",
            FieldType::Number(0.0, 100.0),
            "The percentage of all other units; that of the stage before by default.",
        ),
        field("hold", FieldType::Duration, "The least time in the stage."),
        field(
            "advance",
            FieldType::Choice(&["manual", "auto"]),
            "`manual` if a person ends the stage; `auto` by default.",
        ),
        field(
            "rings",
            FieldType::TextOrList,
            "Rings that get the release; those of the stage before by default.",
        ),
        field(
            "regions",
            FieldType::ObjectOrList(&REGION),
            "Percentages by region; those of the stage before by default.",
        ),
        field(
            "variant",
            FieldType::Text,
            "The released variant, if it is not that of the rollout.",
        ),
        field(
            "units",
            FieldType::Integer(0.0, 1e9),
            "The least number of exposed units, in place of that of the plan.",
        ),
        field(
            "approvals",
            FieldType::Integer(1.0, 100.0),
            "The number of people who have to approve the end of the stage.",
        ),
        field(
            "approvers",
            FieldType::TextOrList,
            "Names or roles, each of which has to approve.",
        ),
        field(
            "guardrails",
            FieldType::ObjectOrList(&GUARDRAIL),
            "Guardrails of this stage, besides those of the plan.",
        ),
        field(
            "onRegression",
            FieldType::Choice(&["rollback", "previous-stage", "halt"]),
            "The reaction to a regression, in place of that of the plan.",
        ),
    ],
    required: &[],
    one_of: &[],
};

/// A measurement that must not get worse.
pub const GUARDRAIL: ObjectSchema = ObjectSchema {
    name: "guardrail",
    fields: &[
        field("name", FieldType::Text, "The name, unique in its stage."),
        field(
            "kind",
            FieldType::Choice(&["outcome", "ratio", "latency", "threshold", "sessions"]),
            "The kind of measurement; by default it follows from the other members.",
        ),
        field(
            "outcome",
            FieldType::Text,
            "The name of an outcome that the application reports.",
        ),
        field(
            "noWorseThan",
            FieldType::Choice(&["control"]),
            "The outcome must not be more frequent than among units without the release.",
        ),
        field(
            "margin",
            FieldType::Number(0.0, 10.0),
            "The relative increase that is accepted; 0 by default.",
        ),
        field(
            "mustNotFall",
            FieldType::Number(0.0, 1.0),
            "The outcome must not be less frequent by more than this part.",
        ),
        field("bad", FieldType::Text, "The counter of failures."),
        field("of", FieldType::Text, "The counter of all attempts."),
        field("histogram", FieldType::Text, "The histogram of a latency."),
        field(
            "threshold",
            FieldType::Number(0.0, 1e12),
            "The latency that few requests may exceed, in the unit of the histogram.",
        ),
        field("max", FieldType::Number(0.0, 1e12), "The limit."),
        field(
            "metric",
            FieldType::Text,
            "The name of a metric whose value has a limit.",
        ),
        field(
            "window",
            FieldType::Duration,
            "The window of a rule with windows.",
        ),
        field(
            "requireProof",
            FieldType::OptionalBool,
            "`true` if health has to be proven before the stage ends.",
        ),
        field(
            "absThreshold",
            FieldType::Number(0.0, 1.0),
            "The part of sessions with an error that is never accepted; 0.05 by default.",
        ),
        field(
            "relMultiplier",
            FieldType::Number(1.0, 1000.0),
            "The multiple of the control that is not accepted; 3 by default.",
        ),
        field(
            "minSessions",
            FieldType::Integer(0.0, 1e9),
            "The least number of exposed sessions; 200 by default.",
        ),
        field(
            "strict",
            FieldType::OptionalBool,
            "`true` if the multiple counts although the control has no errors.",
        ),
    ],
    required: &["name"],
    one_of: &[],
};

/// What every stage needs at least.
pub const MINIMUM: ObjectSchema = ObjectSchema {
    name: "minimum",
    fields: &[
        field("units", FieldType::Integer(0.0, 1e9), "Exposed units."),
        field("time", FieldType::Duration, "Time in the stage."),
    ],
    required: &[],
    one_of: &[],
};

/// The end of an exposure that nobody watches.
pub const WHILE_BLIND: ObjectSchema = ObjectSchema {
    name: "whileBlind",
    fields: &[
        field(
            "lease",
            FieldType::Duration,
            "The time after which the exposure ends, unless it is renewed.",
        ),
        field(
            "then",
            FieldType::Choice(&["safe"]),
            "The safe variant is served then.",
        ),
    ],
    required: &["lease"],
    one_of: &[],
};

/// How a rollout is taken back.
pub const ROLLBACK: ObjectSchema = ObjectSchema {
    name: "rollback",
    fields: &[
        field(
            "how",
            FieldType::Choice(&["zero", "kill", "previous", "gradual"]),
            "`zero` keeps rings, `kill` serves the safe variant to everybody, `previous` returns to the stage before, `gradual` falls in steps.",
        ),
        field(
            "steps",
            FieldType::Percentages,
            "The percentages of a gradual rollback, the last one 0.",
        ),
        field(
            "every",
            FieldType::Duration,
            "The time between two steps; 10m by default.",
        ),
        field(
            "coolDown",
            FieldType::Duration,
            "The time after a rollback in which the rollout is not started again; 1h by default.",
        ),
    ],
    required: &[],
    one_of: &[],
};

/// Hours of a week.
pub const WINDOW: ObjectSchema = ObjectSchema {
    name: "window",
    fields: &[
        field(
            "days",
            FieldType::TextOrList,
            "Days such as `mon`; every day by default.",
        ),
        field("from", FieldType::Text, "The beginning, such as `09:00`."),
        field(
            "to",
            FieldType::Text,
            "The end, such as `16:30`, at most `24:00`.",
        ),
        field(
            "offset",
            FieldType::Text,
            "The offset from UTC, such as `+01:00`; UTC by default.",
        ),
    ],
    required: &[],
    one_of: &[],
};

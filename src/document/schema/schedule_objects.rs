//! The schemas of schedules and pipelines of other services as constants.

use crate::document::schema::field::FieldType;
use crate::document::schema::field::ObjectSchema;
use crate::document::schema::objects::field;

/// A schedule with criteria of success.
pub const SCHEDULE: ObjectSchema = ObjectSchema {
    name: "schedule",
    fields: &[
        field("flagKey", FieldType::Text, "The key of the flag."),
        field(
            "stages",
            FieldType::ObjectOrList(&SCHEDULE_STAGE),
            "The stages.",
        ),
        field(
            "autoProgress",
            FieldType::OptionalBool,
            "`false` if each stage waits for its approvals; `true` by default.",
        ),
        field(
            "successCriteria",
            FieldType::Object(&SUCCESS_CRITERIA),
            "The limits of every stage.",
        ),
    ],
    required: &["stages"],
    one_of: &[],
};

/// A stage of a schedule.
pub const SCHEDULE_STAGE: ObjectSchema = ObjectSchema {
    name: "scheduleStage",
    fields: &[
        field(
            "percentage",
            FieldType::Number(0.0, 100.0),
            "The percentage of all units.",
        ),
        field(
            "duration",
            FieldType::Number(0.0, 31_622_400_000.0),
            "The time in the stage, in milliseconds.",
        ),
        field(
            "requiredApprovals",
            FieldType::OptionalTextOrList,
            "Names or roles, each of which has to approve.",
        ),
    ],
    required: &[],
    one_of: &[],
};

/// The limits of a schedule.
pub const SUCCESS_CRITERIA: ObjectSchema = ObjectSchema {
    name: "successCriteria",
    fields: &[
        field(
            "errorRateThreshold",
            FieldType::Number(0.0, 1e12),
            "The largest `error-rate`.",
        ),
        field(
            "latencyP99Threshold",
            FieldType::Number(0.0, 1e12),
            "The largest `latency-p99`.",
        ),
        field(
            "minimumSampleSize",
            FieldType::Integer(0.0, 1e9),
            "The least number of exposed units.",
        ),
    ],
    required: &[],
    one_of: &[],
};

/// A pipeline of stages with metrics.
pub const PIPELINE: ObjectSchema = ObjectSchema {
    name: "pipeline",
    fields: &[field(
        "stages",
        FieldType::ObjectOrList(&PIPELINE_STAGE),
        "The stages.",
    )],
    required: &["stages"],
    one_of: &[],
};

/// A stage of a pipeline.
pub const PIPELINE_STAGE: ObjectSchema = ObjectSchema {
    name: "pipelineStage",
    fields: &[
        field("name", FieldType::Text, "The name, unique in the pipeline."),
        field(
            "percentage",
            FieldType::Number(0.0, 100.0),
            "The percentage of all units.",
        ),
        field(
            "duration",
            FieldType::Duration,
            "The least time in the stage.",
        ),
        field(
            "autoAdvance",
            FieldType::OptionalBool,
            "`false` if a person ends the stage; `true` by default.",
        ),
        field(
            "metrics",
            FieldType::ObjectOrList(&PIPELINE_METRIC),
            "The limits of the stage.",
        ),
        field(
            "onBreach",
            FieldType::Choice(&["halt", "rollback"]),
            "The reaction to a breach; `halt` by default.",
        ),
    ],
    required: &[],
    one_of: &[],
};

/// A limit of a stage of a pipeline.
pub const PIPELINE_METRIC: ObjectSchema = ObjectSchema {
    name: "pipelineMetric",
    fields: &[
        field(
            "type",
            FieldType::Choice(&["error-rate", "latency-p99", "business-metric"]),
            "The kind of metric; a business metric must not fall by more than the threshold.",
        ),
        field(
            "metric",
            FieldType::Text,
            "The name of the metric, if it is not its type.",
        ),
        field("threshold", FieldType::Number(0.0, 1e12), "The limit."),
        field(
            "window",
            FieldType::Duration,
            "The window of the measurement.",
        ),
    ],
    required: &["type", "threshold"],
    one_of: &[],
};

//! The schemas as constants: document, flag, rollout fields and their parts.

use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::schema::field::FieldSchema;
use crate::document::schema::field::FieldType;
use crate::document::schema::field::ObjectSchema;

/// A document.
pub const DOCUMENT: ObjectSchema = ObjectSchema {
    name: "document",
    fields: &[
        field("flags", FieldType::Flags, "The flags, by key."),
        field(
            "$evaluators",
            FieldType::Rules,
            "Shared rules by name; `{ $ref: name }` is replaced by the rule.",
        ),
        field(
            "rings",
            FieldType::Rings,
            "The conditions of rings by name, the innermost ring first; rollouts refer to the names.",
        ),
        field(
            "metadata",
            FieldType::AnyObject,
            "Metadata of all flags; `flagSetId` is the id of the flag set.",
        ),
        field(
            "$schema",
            FieldType::Anything,
            "The JSON Schema of the document.",
        ),
    ],
    required: &["flags"],
    one_of: &[],
};

/// A flag in flagd's format.
pub const FLAG: ObjectSchema = ObjectSchema {
    name: "flag",
    fields: &[
        field(
            "state",
            FieldType::OptionalChoice(&["ENABLED", "DISABLED"]),
            "`ENABLED` or `DISABLED`; for a disabled flag callers get the default in their code.",
        ),
        field(
            "variants",
            FieldType::AnyObject,
            "The values that the flag can take, by name.",
        ),
        field(
            "defaultVariant",
            FieldType::OptionalText,
            "The variant that is served if no rule selects one; without it callers get the default in their code.",
        ),
        field(
            "targeting",
            FieldType::Targeting,
            "The rule that selects a variant: JSONLogic with flagd's operators. It applies to contexts that no rollout matches.",
        ),
        field(
            "metadata",
            FieldType::AnyObject,
            "Metadata that is part of every response.",
        ),
        field(
            "key",
            FieldType::Anything,
            "The flag's key, if `flags` is a list.",
        ),
        field(
            "source",
            FieldType::Anything,
            "The source of the flag, as flag sync writes it; ignored.",
        ),
    ],
    required: &[],
    one_of: &[],
};

/// The rollout fields of a flag.
pub const ROLLOUT_FIELDS: ObjectSchema = ObjectSchema {
    name: "words",
    fields: &[
        field(
            "rollout",
            FieldType::ObjectOrList(&ROLLOUT),
            "One release of a variant, or a list of releases: the first one that matches a context decides.",
        ),
        field(
            "kill",
            FieldType::OptionalBool,
            "`true` serves the safe variant to all contexts, regardless of all other fields.",
        ),
        field(
            "safeVariant",
            FieldType::Text,
            "The variant for contexts that must not get a release; `defaultVariant` by default.",
        ),
        field(
            "requires",
            FieldType::ObjectOrList(&PREREQUISITE),
            "Prerequisites: a context that does not meet all of them gets the safe variant.",
        ),
        field(
            "lifecycle",
            FieldType::OptionalObject(&LIFECYCLE),
            "Owner, purpose, dates and status of the flag; callers get them as metadata.",
        ),
    ],
    required: &[],
    one_of: &[],
};

/// One release of a variant.
pub const ROLLOUT: ObjectSchema = ObjectSchema {
    name: "rollout",
    fields: &[
        field("variant", FieldType::Text, "The variant that is released."),
        field(
            "split",
            FieldType::Weights(1e6),
            "Several variants by weight for the contexts that the rollout matches: an experiment.",
        ),
        field(
            "percentage",
            FieldType::Number(0.0, 100.0),
            "The percentage of all other units, in steps of 0.001; raising it takes the variant from no user.",
        ),
        field(
            "ramp",
            FieldType::Object(&RAMP),
            "The growth of the percentage over time, up to `percentage`.",
        ),
        field(
            "rings",
            FieldType::TextOrList,
            "Rings whose users get the released variant at any percentage.",
        ),
        field(
            "segments",
            FieldType::TextOrList,
            "Segments whose users get the released variant at any percentage: the attribute `segments` contains one of these names.",
        ),
        field(
            "allow",
            FieldType::TextOrList,
            "Targeting keys that always get the released variant.",
        ),
        field(
            "deny",
            FieldType::TextOrList,
            "Targeting keys that never get the released variant; overrides `allow`.",
        ),
        field(
            "when",
            FieldType::Condition,
            "The condition that makes a context eligible.",
        ),
        field(
            "regions",
            FieldType::ObjectOrList(&REGION),
            "Percentages by the attribute `region`, in rollout order; `percentage` applies to all other regions.",
        ),
        field(
            "bucketBy",
            FieldType::TextWithoutPrefix("$flagd"),
            "The attribute that identifies the unit, for instance `sessionId` or `device.id`; `targetingKey` by default.",
        ),
        field(
            "seed",
            FieldType::Text,
            "The string that is hashed before the unit, in place of the flag's key: flags with the same seed have the same first cohort.",
        ),
        field(
            "dialect",
            FieldType::Choice(&BucketingDialect::NAMES),
            "The hash that assigns a unit to a bucket, for migrated flags that keep their cohorts.",
        ),
        field(
            "plan",
            FieldType::Plan,
            "The stages by which a control plane lets the release grow; a sidecar ignores it.",
        ),
    ],
    required: &[],
    one_of: &["variant", "split"],
};

/// The growth of a percentage with time.
pub const RAMP: ObjectSchema = ObjectSchema {
    name: "ramp",
    fields: &[
        field(
            "from",
            FieldType::DateTime,
            "The start: a date, at midnight UTC, or a timestamp such as 2026-06-01T08:00:00Z.",
        ),
        field("to", FieldType::DateTime, "The end."),
        field(
            "shape",
            FieldType::Choice(&["linear", "doubling"]),
            "`linear` for equal steps, `doubling` for 1, 2, 4 and so on up to 100 percent.",
        ),
        field(
            "steps",
            FieldType::Integer(1.0, 1000.0),
            "The number of equal steps; 100 by default.",
        ),
        field(
            "reverse",
            FieldType::OptionalBool,
            "`true` lowers the percentage instead: the last users to get the variant lose it first.",
        ),
    ],
    required: &["from", "to"],
    one_of: &[],
};

/// The share of a region.
pub const REGION: ObjectSchema = ObjectSchema {
    name: "region",
    fields: &[
        field(
            "region",
            FieldType::TextOrList,
            "One or several values of the attribute `region`.",
        ),
        field(
            "percentage",
            FieldType::Number(0.0, 100.0),
            "The percentage of all other units in the region, in steps of 0.001.",
        ),
    ],
    required: &["region", "percentage"],
    one_of: &[],
};

/// A prerequisite of a flag.
pub const PREREQUISITE: ObjectSchema = ObjectSchema {
    name: "requirement",
    fields: &[
        field("flag", FieldType::Text, "The key of the other flag."),
        field(
            "variant",
            FieldType::Text,
            "The variant that the other flag must yield.",
        ),
    ],
    required: &["flag", "variant"],
    one_of: &[],
};

/// The lifecycle of a flag.
pub const LIFECYCLE: ObjectSchema = ObjectSchema {
    name: "lifecycle",
    fields: &[
        field("owner", FieldType::OptionalText, "The owner of the flag."),
        field(
            "kind",
            FieldType::OptionalChoice(&["release", "ops", "experiment", "permission"]),
            "The purpose of the flag.",
        ),
        field(
            "created",
            FieldType::Date,
            "The creation date, for instance 2026-06-01.",
        ),
        field("createdAt", FieldType::Date, "The same as `created`."),
        field(
            "expires",
            FieldType::Date,
            "The date by which the flag should be removed.",
        ),
        field(
            "expectedCleanupDate",
            FieldType::Date,
            "The same as `expires`.",
        ),
        field(
            "status",
            FieldType::Choice(&["active", "fully-rolled-out", "archived"]),
            "The status of the flag.",
        ),
        field(
            "ticket",
            FieldType::OptionalText,
            "The ticket that tracks the work on the flag.",
        ),
        field(
            "jiraTicket",
            FieldType::OptionalText,
            "The same as `ticket`.",
        ),
    ],
    required: &[],
    one_of: &[],
};

pub(super) const fn field(
    name: &'static str,
    shape: FieldType,
    about: &'static str,
) -> FieldSchema {
    FieldSchema {
        name,
        field_type: shape,
        description: about,
    }
}

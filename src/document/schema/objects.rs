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
            "Rules that several flags share: `{ $ref: name }` stands for one.",
        ),
        field(
            "rings",
            FieldType::Rings,
            "Rings that rollouts may name, the innermost first, and who is in them.",
        ),
        field(
            "metadata",
            FieldType::AnyObject,
            "Metadata of all flags; `flagSetId` names the flag set.",
        ),
        field(
            "$schema",
            FieldType::Anything,
            "The schema that the document follows.",
        ),
    ],
    required: &["flags"],
    one_of: &[],
};

/// A flag as flagd has it.
pub const FLAG: ObjectSchema = ObjectSchema {
    name: "flag",
    fields: &[
        field(
            "state",
            FieldType::OptionalChoice(&["ENABLED", "DISABLED"]),
            "Whether the flag answers. A disabled one leaves callers to the default in their code.",
        ),
        field(
            "variants",
            FieldType::AnyObject,
            "The values that the flag can take, by name.",
        ),
        field(
            "defaultVariant",
            FieldType::OptionalText,
            "The variant that counts when nothing chooses another; without one the caller's default counts.",
        ),
        field(
            "targeting",
            FieldType::Targeting,
            "The rule that chooses a variant: JSONLogic with flagd's operators. It decides for those whom no rollout takes.",
        ),
        field(
            "metadata",
            FieldType::AnyObject,
            "What callers get along with every answer.",
        ),
        field(
            "key",
            FieldType::Anything,
            "The flag's key, where flags are a list.",
        ),
        field(
            "source",
            FieldType::Anything,
            "Where the flag comes from; flag sync writes it, and it is not read.",
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
            "What is released to whom; a list of them is tried in its order.",
        ),
        field(
            "kill",
            FieldType::OptionalBool,
            "`true` serves the safe variant to everybody, whatever else is written.",
        ),
        field(
            "safeVariant",
            FieldType::Text,
            "What those get who must not have what is released; `defaultVariant` without it.",
        ),
        field(
            "requires",
            FieldType::ObjectOrList(&PREREQUISITE),
            "The flags that this one builds on: who lacks one of them gets the safe variant.",
        ),
        field(
            "lifecycle",
            FieldType::OptionalObject(&LIFECYCLE),
            "Who looks after the flag, and for how long; callers get it as metadata.",
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
            "Several variants by weight for those whom the rollout takes: an experiment.",
        ),
        field(
            "percentage",
            FieldType::Number(0.0, 100.0),
            "The share of everyone else, in steps of 0.001; growing it takes the variant from nobody.",
        ),
        field(
            "ramp",
            FieldType::Object(&RAMP),
            "The share grows with time up to `percentage`.",
        ),
        field(
            "rings",
            FieldType::TextOrList,
            "Rings that have it whatever the percentage.",
        ),
        field(
            "segments",
            FieldType::TextOrList,
            "Segments that have it whatever the percentage: names of which the attribute `segments` has one.",
        ),
        field(
            "allow",
            FieldType::TextOrList,
            "Targeting keys that always have it.",
        ),
        field(
            "deny",
            FieldType::TextOrList,
            "Targeting keys that never have it; wins over `allow`.",
        ),
        field("when", FieldType::Condition, "Who is eligible at all."),
        field(
            "regions",
            FieldType::ObjectOrList(&REGION),
            "Shares by the attribute `region`, in the order of the rollout; elsewhere `percentage` counts.",
        ),
        field(
            "bucketBy",
            FieldType::TextWithoutPrefix("$flagd"),
            "The attribute that names the unit, for instance `sessionId` or `device.id`; `targetingKey` without it.",
        ),
        field(
            "seed",
            FieldType::Text,
            "What is hashed before the unit, in place of the flag's key: flags with one seed have the same first cohort.",
        ),
        field(
            "dialect",
            FieldType::Choice(&BucketingDialect::NAMES),
            "How a unit falls into a bucket; for flags that come from elsewhere and keep their cohorts.",
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
            "When it begins: a date, at midnight UTC, or an instant such as 2026-06-01T08:00:00Z.",
        ),
        field("to", FieldType::DateTime, "When it ends."),
        field(
            "shape",
            FieldType::Choice(&["linear", "doubling"]),
            "Equal steps, or 1, 2, 4 and so on up to 100 percent.",
        ),
        field(
            "steps",
            FieldType::Integer(1.0, 1000.0),
            "How many equal steps; 100 without it.",
        ),
        field(
            "reverse",
            FieldType::OptionalBool,
            "Runs backwards: who got it last loses it first.",
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
            "What the attribute `region` is; one or several.",
        ),
        field(
            "percentage",
            FieldType::Number(0.0, 100.0),
            "The share of everyone else there, in steps of 0.001.",
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
            "What the other flag has to answer.",
        ),
    ],
    required: &["flag", "variant"],
    one_of: &[],
};

/// The lifecycle of a flag.
pub const LIFECYCLE: ObjectSchema = ObjectSchema {
    name: "lifecycle",
    fields: &[
        field(
            "owner",
            FieldType::OptionalText,
            "Who answers for the flag.",
        ),
        field(
            "kind",
            FieldType::OptionalChoice(&["release", "ops", "experiment", "permission"]),
            "What the flag is for.",
        ),
        field(
            "created",
            FieldType::Date,
            "The day when it was made, for instance 2026-06-01.",
        ),
        field("createdAt", FieldType::Date, "The same as `created`."),
        field(
            "expires",
            FieldType::Date,
            "The day when it should be gone.",
        ),
        field(
            "expectedCleanupDate",
            FieldType::Date,
            "The same as `expires`.",
        ),
        field(
            "status",
            FieldType::Choice(&["active", "fully-rolled-out", "archived"]),
            "How far the flag has come.",
        ),
        field(
            "ticket",
            FieldType::OptionalText,
            "Where the work on it is tracked.",
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

const fn field(name: &'static str, shape: FieldType, about: &'static str) -> FieldSchema {
    FieldSchema {
        name,
        field_type: shape,
        description: about,
    }
}

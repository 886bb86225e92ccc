//! The tables, from the whole to its parts.

use crate::document::field::Field;
use crate::document::field::Object;
use crate::document::field::Shape;
use crate::document::rollout::bucketing::Dialect;

/// A document.
pub const DOCUMENT: Object = Object {
    name: "document",
    fields: &[
        field("flags", Shape::Flags, "The flags, by key."),
        field(
            "$evaluators",
            Shape::Rules,
            "Rules that several flags share: `{ $ref: name }` stands for one.",
        ),
        field(
            "rings",
            Shape::Rings,
            "Rings that rollouts may name, the innermost first, and who is in them.",
        ),
        field(
            "metadata",
            Shape::Values,
            "Metadata of all flags; `flagSetId` names the flag set.",
        ),
        field(
            "$schema",
            Shape::Anything,
            "The schema that the document follows.",
        ),
    ],
    required: &["flags"],
    either: &[],
};

/// A flag as flagd has it.
pub const FLAG: Object = Object {
    name: "flag",
    fields: &[
        field(
            "state",
            Shape::OptionalChoice(&["ENABLED", "DISABLED"]),
            "Whether the flag answers. A disabled one leaves callers to the default in their code.",
        ),
        field(
            "variants",
            Shape::Values,
            "The values that the flag can take, by name.",
        ),
        field(
            "defaultVariant",
            Shape::Optional,
            "The variant that counts when nothing chooses another; without one the caller's default counts.",
        ),
        field(
            "targeting",
            Shape::Targeting,
            "The rule that chooses a variant: JSONLogic with flagd's operators. It decides for those whom no rollout takes.",
        ),
        field(
            "metadata",
            Shape::Values,
            "What callers get along with every answer.",
        ),
        field(
            "key",
            Shape::Anything,
            "The flag's key, where flags are a list.",
        ),
        field(
            "source",
            Shape::Anything,
            "Where the flag comes from; flag sync writes it, and it is not read.",
        ),
    ],
    required: &[],
    either: &[],
};

/// What a flag may say in words.
pub const WORDS: Object = Object {
    name: "words",
    fields: &[
        field(
            "rollout",
            Shape::Several(&ROLLOUT),
            "What is released to whom; a list of them is tried in its order.",
        ),
        field(
            "kill",
            Shape::Switch,
            "`true` serves the safe variant to everybody, whatever else is written.",
        ),
        field(
            "safeVariant",
            Shape::Text,
            "What those get who must not have what is released; `defaultVariant` without it.",
        ),
        field(
            "requires",
            Shape::Several(&REQUIREMENT),
            "The flags that this one builds on: who lacks one of them gets the safe variant.",
        ),
        field(
            "lifecycle",
            Shape::OptionalOne(&LIFECYCLE),
            "Who looks after the flag, and for how long; callers get it as metadata.",
        ),
    ],
    required: &[],
    either: &[],
};

/// One release of a variant.
pub const ROLLOUT: Object = Object {
    name: "rollout",
    fields: &[
        field("variant", Shape::Text, "The variant that is released."),
        field(
            "split",
            Shape::Weights(1e6),
            "Several variants by weight for those whom the rollout takes: an experiment.",
        ),
        field(
            "percentage",
            Shape::Number(0.0, 100.0),
            "The share of everyone else, in steps of 0.001; growing it takes the variant from nobody.",
        ),
        field(
            "ramp",
            Shape::One(&RAMP),
            "The share grows with time up to `percentage`.",
        ),
        field(
            "rings",
            Shape::Texts,
            "Rings that have it whatever the percentage.",
        ),
        field(
            "segments",
            Shape::Texts,
            "Segments that have it whatever the percentage: names of which the attribute `segments` has one.",
        ),
        field("allow", Shape::Texts, "Targeting keys that always have it."),
        field(
            "deny",
            Shape::Texts,
            "Targeting keys that never have it; wins over `allow`.",
        ),
        field("when", Shape::Condition, "Who is eligible at all."),
        field(
            "regions",
            Shape::Several(&REGION),
            "Shares by the attribute `region`, in the order of the rollout; elsewhere `percentage` counts.",
        ),
        field(
            "bucketBy",
            Shape::TextBut("$flagd"),
            "The attribute that names the unit, for instance `sessionId` or `device.id`; `targetingKey` without it.",
        ),
        field(
            "seed",
            Shape::Text,
            "What is hashed before the unit, in place of the flag's key: flags with one seed have the same first cohort.",
        ),
        field(
            "dialect",
            Shape::Choice(&Dialect::NAMES),
            "How a unit falls into a bucket; for flags that come from elsewhere and keep their cohorts.",
        ),
    ],
    required: &[],
    either: &["variant", "split"],
};

/// How a share grows with time.
pub const RAMP: Object = Object {
    name: "ramp",
    fields: &[
        field(
            "from",
            Shape::Instant,
            "When it begins: a date, at midnight UTC, or an instant such as 2026-06-01T08:00:00Z.",
        ),
        field("to", Shape::Instant, "When it ends."),
        field(
            "shape",
            Shape::Choice(&["linear", "doubling"]),
            "Equal steps, or 1, 2, 4 and so on up to 100 percent.",
        ),
        field(
            "steps",
            Shape::Whole(1.0, 1000.0),
            "How many equal steps; 100 without it.",
        ),
        field(
            "reverse",
            Shape::Switch,
            "Runs backwards: who got it last loses it first.",
        ),
    ],
    required: &["from", "to"],
    either: &[],
};

/// The share of a region.
pub const REGION: Object = Object {
    name: "region",
    fields: &[
        field(
            "region",
            Shape::Texts,
            "What the attribute `region` is; one or several.",
        ),
        field(
            "percentage",
            Shape::Number(0.0, 100.0),
            "The share of everyone else there, in steps of 0.001.",
        ),
    ],
    required: &["region", "percentage"],
    either: &[],
};

/// A flag that another builds on.
pub const REQUIREMENT: Object = Object {
    name: "requirement",
    fields: &[
        field("flag", Shape::Text, "The key of the other flag."),
        field("variant", Shape::Text, "What the other flag has to answer."),
    ],
    required: &["flag", "variant"],
    either: &[],
};

/// Who looks after a flag.
pub const LIFECYCLE: Object = Object {
    name: "lifecycle",
    fields: &[
        field("owner", Shape::Optional, "Who answers for the flag."),
        field(
            "kind",
            Shape::OptionalChoice(&["release", "ops", "experiment", "permission"]),
            "What the flag is for.",
        ),
        field(
            "created",
            Shape::Day,
            "The day when it was made, for instance 2026-06-01.",
        ),
        field("createdAt", Shape::Day, "The same as `created`."),
        field("expires", Shape::Day, "The day when it should be gone."),
        field("expectedCleanupDate", Shape::Day, "The same as `expires`."),
        field(
            "status",
            Shape::Choice(&["active", "fully-rolled-out", "archived"]),
            "How far the flag has come.",
        ),
        field(
            "ticket",
            Shape::Optional,
            "Where the work on it is tracked.",
        ),
        field("jiraTicket", Shape::Optional, "The same as `ticket`."),
    ],
    required: &[],
    either: &[],
};

const fn field(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, about }
}

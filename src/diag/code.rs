//! `Code`: the stable diagnostic codes (F001 and so on). Each has a page in `docs/lint`, which is compiled in.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// The stable code of a kind of diagnostic.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as printed, for instance `F007`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Code::$name => $id,)*
                }
            }

            /// The page in `docs/lint` that explains the code, in Markdown.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$name => include_str!(concat!("../../docs/lint/", $id, ".md")),)*
                }
            }
        }
    };
}

codes! {
    /// The text is not valid YAML or JSON.
    Syntax = "F001",
    /// The document is not a flag document (no `flags`, not an object).
    DocumentShape = "F002",
    /// A limit is exceeded: size, depth, aliases.
    LimitExceeded = "F003",
    /// Duplicate key in one object; the last one wins.
    DuplicateKey = "F004",
    /// A flag without a usable key.
    FlagKey = "F005",
    /// A member of a flag has the wrong type.
    FlagMember = "F006",
    /// `defaultVariant` is not among the variants.
    DefaultVariant = "F007",
    /// An unknown member; usually a typo.
    UnknownMember = "F008",
    /// `$evaluators`, or one of its entries, is invalid.
    Evaluator = "F009",
    /// A `$ref` that names no evaluator, or a cycle of references.
    Reference = "F010",
    /// A rule uses an operator that does not exist.
    Operator = "F011",
    /// An invalid rule: wrong arguments, invalid weights.
    Rule = "F012",
    /// A rule names a variant that the flag does not have.
    UnknownVariant = "F013",
    /// A deprecated spelling, which still works.
    Deprecated = "F014",
    /// The file cannot be read.
    Unreadable = "F015",
    /// An invalid rollout field: a percentage outside of 0 to 100, a ramp that ends before it begins.
    Rollout = "F016",
    /// A ring that is not defined, or whose definition is not a condition.
    Ring = "F017",
    /// A missing prerequisite, or a cycle of prerequisites.
    Prerequisite = "F018",
    /// An invalid rollout plan: stages that shrink, a gate that can never be met.
    Plan = "F019",
    /// A flag that is killed and has no safe variant.
    Kill = "F020",
    /// A bucketing dialect with a known weakness.
    WeakDialect = "F021",
    /// A flag that plain flagd cannot evaluate, and that flag sync omits.
    NotPortable = "F022",
    /// A field that has no effect.
    NoEffect = "F023",
    /// An edit that raises a percentage and takes the variant from a user who has it.
    GrowthTakesVariant = "F024",
    /// An edit that rolls a variant back and shows it to a user who did not have it.
    RollbackShowsVariant = "F025",
    /// An edit that moves a user from a variant that does not shrink, or to one that does not grow, or replaces a variant.
    UnorderedVariantMove = "F026",
    /// An edit that changes the hashed value, so that all units are bucketed again.
    BucketingKeyChanged = "F027",
    /// A YAML tag without effect, such as an operator that is not quoted, or a value that does not fit its tag.
    Tag = "F028",
    /// A variant whose value is null, or of another type than the other variants.
    VariantType = "F029",
    /// A branch of a rule that no context reaches.
    UnreachableBranch = "F101",
    /// An attribute that is probably misspelled, or that no caller sends.
    UnknownAttribute = "F102",
    /// A condition that a context meets because it lacks an attribute.
    AbsentAttribute = "F103",
    /// Units are bucketed by a value that differs with every request.
    UnstableBucketingKey = "F104",
    /// Units are bucketed by a value that is the same for all.
    ConstantBucketingKey = "F105",
    /// Units that lack an attribute share one bucket.
    SharedBucket = "F106",
    /// A rule that yields the same variant for all contexts.
    ConstantRule = "F107",
    /// Flags that differ by their ring only.
    FlagPerRing = "F108",
    /// A key that violates the naming convention.
    NamingConvention = "F109",
    /// A required lifecycle field is missing.
    MissingLifecycleField = "F110",
    /// A flag past its expiry date.
    ExpiredFlag = "F111",
    /// An invalid lifecycle field.
    Lifecycle = "F112",
    /// An archived flag that still selects variants.
    ArchivedFlagDecides = "F113",
    /// A URL that is not https.
    InsecureUrl = "F114",
    /// A URL outside the allowed origins.
    DisallowedOrigin = "F115",
    /// Two versions of a remote module at one URL.
    DuplicateModuleUrl = "F116",
    /// A canary without a stable version.
    MissingStableVersion = "F117",
    /// A flag that two files define in one flag set.
    DuplicateDefinition = "F118",
    /// A number or a key that is read as another value than the one in the text.
    LossyScalar = "F119",
    /// Source code evaluates a flag that does not exist.
    UnknownFlag = "F120",
    /// Source code evaluates an archived flag.
    ArchivedFlag = "F121",
    /// A flag that no source code names.
    UnusedFlag = "F122",
    /// A condition that is the same for all contexts: a comparison of constants, or a constant.
    ConstantCondition = "F123",
    /// A comparison whose arguments are swapped or of a wrong type.
    UnsatisfiableComparison = "F124",
    /// A ramp that grows by the clock alone.
    UngatedRamp = "F125",
    /// An ignore comment without a matching finding.
    StaleIgnoreComment = "F130",
    /// An invalid configuration.
    Configuration = "F131",
}

impl Code {
    /// The code that is printed as `id`, in any case.
    pub fn from_id(id: &str) -> Option<Code> {
        let same = |code: &&Code| code.id().eq_ignore_ascii_case(id);
        Code::ALL.iter().find(same).copied()
    }

    /// Returns true if loading a document reports this code without a lint run. If such a diagnostic is an error, an
    /// allow comment does not suppress it, because the flag returns an error.
    pub fn is_reported_at_load(self) -> bool {
        let of_edit = matches!(
            self,
            Code::GrowthTakesVariant
                | Code::RollbackShowsVariant
                | Code::UnorderedVariantMove
                | Code::BucketingKeyChanged
        );
        self.id() < "F100" && !of_edit
    }

    /// The title of its page.
    pub fn title(self) -> &'static str {
        let title = self.page().lines().next().unwrap_or("");
        title.split_once(": ").map_or(title, |(_, title)| title)
    }
}

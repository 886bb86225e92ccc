//! `Decision`: the result of one evaluation, with its reason or error code, before it is encoded.

/// The type that the caller requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlagType {
    /// `ResolveBoolean`.
    Boolean,
    /// `ResolveString`.
    String,
    /// `ResolveInt`: any number, truncated toward zero.
    Int,
    /// `ResolveFloat`: any number.
    Float,
    /// `ResolveObject`.
    Object,
}

/// The reason why a variant was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The flag has no targeting.
    Static,
    /// Targeting chose no variant.
    Default,
    /// Targeting chose the variant.
    TargetingMatch,
}

impl Reason {
    /// The reason as responses contain it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Static => "STATIC",
            Reason::Default => "DEFAULT",
            Reason::TargetingMatch => "TARGETING_MATCH",
        }
    }
}

/// The reason why an evaluation fails.
///
/// <https://openfeature.dev/specification/types#error-code>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// No such flag.
    FlagNotFound,
    /// The flag's definition or its targeting cannot be evaluated.
    ParseError,
    /// The chosen variant is not of the required type.
    TypeMismatch,
    /// Targeting chose something that is not a variant.
    General,
}

impl ErrorCode {
    /// The code as the `OpenFeature` specification spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::FlagNotFound => "FLAG_NOT_FOUND",
            ErrorCode::ParseError => "PARSE_ERROR",
            ErrorCode::TypeMismatch => "TYPE_MISMATCH",
            ErrorCode::General => "GENERAL",
        }
    }
}

/// The decision of a flag for one context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The variant with this index, and the reason.
    Variant(u16, Reason),
    /// The flag is disabled: the caller uses its own default.
    Disabled,
    /// Neither targeting nor the flag names a variant: the caller uses its own default.
    NoDefault,
    /// The evaluation failed.
    Error(ErrorCode),
}

impl Decision {
    /// The reason as an evaluation response spells it.
    pub fn reason(self) -> &'static str {
        match self {
            Decision::Variant(_, reason) => reason.as_str(),
            Decision::Disabled => "DISABLED",
            Decision::NoDefault => Reason::Default.as_str(),
            Decision::Error(_) => "ERROR",
        }
    }
}

//! The answer to one evaluation, before it has bytes.

/// The type that the caller asked for.
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

/// Why a variant was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The flag has no targeting.
    Static,
    /// Targeting chose nothing.
    Default,
    /// Targeting chose the variant.
    TargetingMatch,
}

impl Reason {
    /// The reason as it stands in an answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Static => "STATIC",
            Reason::Default => "DEFAULT",
            Reason::TargetingMatch => "TARGETING_MATCH",
        }
    }
}

/// Why there is no answer.
///
/// <https://openfeature.dev/specification/types#error-code>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// No such flag.
    FlagNotFound,
    /// The flag's definition or its targeting cannot be evaluated.
    ParseError,
    /// The chosen variant is not of the type asked for.
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

/// What a flag answers to one context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The variant with this index, and why.
    Variant(u16, Reason),
    /// The flag is disabled: the caller's own default counts.
    Disabled,
    /// Neither targeting nor the flag names a variant: the caller's own default counts.
    NoDefault,
    /// No answer.
    Error(ErrorCode),
}

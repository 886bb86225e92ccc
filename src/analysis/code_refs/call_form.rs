//! The forms in which source code names a flag.

/// The form in which a call names its flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallForm {
    /// `name(KEY, …)`, or a named argument.
    Call,
    /// A Go call without `Value` in its name: a context, the key, and at least two more arguments.
    ContextCall,
    /// `name(client, KEY, …)` where the first argument is not a string.
    HandleCall,
    /// `name(key: KEY, …)` with a named key and another argument.
    NamedKey,
    /// `name({ flagKey: KEY })`, with any number of keys.
    KeyMembers,
    /// `<Name flagKey="KEY">`
    Element,
    /// `*name="'KEY'"`, `[name]="'KEY'"` or `name="KEY"`.
    Directive,
}

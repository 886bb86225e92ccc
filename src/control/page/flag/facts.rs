//! Facts about a flag that its authors wrote: owner, ticket, description.

use crate::ruleset::CompiledFlag;
use crate::value::OwnedValue;

/// The owner of a flag: of its `lifecycle`, or else the metadata `owner` or `team`.
pub fn owner(flag: &CompiledFlag) -> Option<&str> {
    let fields = flag.rollout_fields();
    let lifecycle = fields.and_then(|fields| fields.lifecycle.owner.as_deref());
    lifecycle
        .or_else(|| metadata(flag, "owner"))
        .or_else(|| metadata(flag, "team"))
}

/// The ticket of a flag.
pub fn ticket(flag: &CompiledFlag) -> Option<&str> {
    let fields = flag.rollout_fields();
    let lifecycle = fields.and_then(|fields| fields.lifecycle.ticket.as_deref());
    lifecycle.or_else(|| metadata(flag, "ticket"))
}

/// The description of a flag, from its metadata.
pub fn description(flag: &CompiledFlag) -> Option<&str> {
    metadata(flag, "description")
}

fn metadata<'f>(flag: &'f CompiledFlag, name: &str) -> Option<&'f str> {
    let mut members = flag.metadata.iter();
    let (_, value) = members.find(|(known, _)| **known == *name)?;
    match value {
        OwnedValue::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

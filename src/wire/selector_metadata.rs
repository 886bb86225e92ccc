//! The metadata of responses: the metadata of the flag, and the selector of the request.

use std::borrow::Cow;

use ecow::EcoString;

use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::value::OwnedValue;

/// The metadata of a flag's response. An entry of the flag wins over the selector's entry.
pub fn response_metadata<'f>(
    flag: &'f CompiledFlag,
    selector: &Selector,
) -> Cow<'f, [(EcoString, OwnedValue)]> {
    let Some((key, value)) = selector.metadata_entry() else {
        return Cow::Borrowed(&flag.metadata);
    };
    match flag
        .metadata
        .binary_search_by(|(known, _)| (**known).cmp(key))
    {
        Ok(_) => Cow::Borrowed(&flag.metadata),
        Err(at) => {
            let mut all = flag.metadata.to_vec();
            all.insert(at, (key.into(), OwnedValue::Text(value.into())));
            Cow::Owned(all)
        }
    }
}

/// The entry that repeats the selector; `None` for a selector of all flags.
pub fn selector_metadata(selector: &Selector) -> Option<(EcoString, OwnedValue)> {
    let (key, value) = selector.metadata_entry()?;
    Some((key.into(), OwnedValue::Text(value.into())))
}

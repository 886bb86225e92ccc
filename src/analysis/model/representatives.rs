//! Representative values of an attribute: one value of each equivalence class under its comparisons.

mod list;
mod number;
pub mod set;
mod string;
mod version;

use crate::analysis::model::comparisons::Comparisons;
use crate::analysis::model::representatives::set::Representatives;
use crate::value::OwnedValue;

/// The representatives of an attribute with these comparisons. `hashed` is true if a bucketing key contains it.
pub fn for_attribute(uses: &Comparisons, hashed: bool) -> Representatives {
    let mut pool = Representatives::default();
    pool.add(OwnedValue::Null, true);
    string::add_named_strings(uses, &mut pool);
    string::add_unnamed_strings(uses, &mut pool);
    number::add_numbers(uses, &mut pool);
    version::add_versions(uses, &mut pool);
    pool.add(OwnedValue::Bool(true), true);
    pool.add(OwnedValue::Bool(false), true);
    pool.add(OwnedValue::Text("".into()), true);
    if !hashed {
        list::add_lists(uses, &mut pool);
    }
    pool.add(OwnedValue::Map(Box::default()), true);
    let member = ("member".into(), OwnedValue::Bool(true));
    pool.add(OwnedValue::Map([member].into()), false);
    set::deduplicate(pool)
}

/// The representatives of the timestamp, in whole seconds.
pub fn for_timestamp(uses: &Comparisons) -> Representatives {
    let mut pool = Representatives::default();
    number::add_timestamps(uses, &mut pool);
    if !uses.versions.is_empty() {
        pool.mark_incomplete("compared as a version");
    }
    set::deduplicate(pool)
}

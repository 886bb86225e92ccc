//! Scope of variables inside `filter`, `map`, `reduce` and `some`.

use crate::support::evaluate::assert_variant;

#[test]
fn outer_variable_shadows_item_field_in_filter_but_not_in_map() {
    let context = r#"{"id": 1, "items": [{"id": 1}, {"id": 2}]}"#;
    let filter = r#"{"if": [{"==": [{"var": "0"}, 1]}, "a", "b"]}"#;
    assert_variant(filter, context, "b");
    let filter = r#"{"reduce": [{"filter": [{"var": "items"}, {"==": [{"var": "id"}, 1]}]},
        {"+": [{"var": "accumulator"}, 1]}, 0]}"#;
    assert_variant(filter, context, "2");
    let map = r#"{"reduce": [{"map": [{"var": "items"}, {"var": "id"}]},
        {"+": [{"var": "accumulator"}, {"var": "current"}]}, 0]}"#;
    assert_variant(map, context, "3");
}

#[test]
fn fractional_over_scalar_items_has_no_targeting_key() {
    let rule = r#"{"some": [{"var": "l"}, {"fractional": ["key", ["on", null]]}]}"#;
    assert_variant(rule, r#"{"l": [3]}"#, "false");
    assert_variant(rule, r#"{"l": [{"x": 3}]}"#, "true");
}

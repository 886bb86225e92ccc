//! The attributes that `missing` and `missing_some` name.

use crate::analysis::model::var_path;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;

/// The maximum number of names of a `missing_some` that is analysed.
const MAX_COMBINED_NAMES: usize = 6;

/// The paths that a `missing` or `missing_some` names, and the number of null attributes from which on it is truthy;
/// `None` for other operations and for computed names.
pub fn missing_names(node: &Node) -> Option<(Vec<String>, usize)> {
    let member = node.single_member()?;
    let (names, enough) = match (&*member.key, member.arguments()) {
        ("missing", names) => (names, None),
        ("missing_some", [enough, names]) => match (&enough.kind, &names.kind) {
            (NodeKind::Number(enough), NodeKind::List(names)) => (&**names, Some(*enough)),
            _ => return None,
        },
        _ => return None,
    };
    let plain = |name: &Node| {
        let path = var_path::normalize_path(name.as_text()?);
        (!path.is_empty() && !var_path::is_reserved(&path)).then_some(path)
    };
    let paths: Vec<String> = names.iter().map(plain).collect::<Option<_>>()?;
    let Some(enough) = enough else {
        return (!paths.is_empty()).then_some((paths, 1));
    };
    let enough = usize::try_from(number::truncate_to_i64(enough)).unwrap_or(0);
    // Too few are present: more than `paths - enough` are null.
    let least = (paths.len() + 1).saturating_sub(enough).max(1);
    (paths.len() <= MAX_COMBINED_NAMES).then_some((paths, least))
}

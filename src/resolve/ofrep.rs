//! Resolves OFREP requests from bytes to bytes, for one flag or all.

use bumpalo::Bump;

use crate::resolve::RequestScope;
use crate::resolve::bulk;
use crate::ruleset::CompiledFlag;
use crate::snapshot::Snapshot;
use crate::wire::context::full_context::FullContext;
use crate::wire::ofrep::error_response;
use crate::wire::ofrep::error_response::OfrepErrorResponse;
use crate::wire::ofrep::evaluation_response;
use crate::wire::ofrep::request;

/// Evaluates the flag called `key`.
///
/// # Errors
/// If the flag has no value or the body is invalid, with the response body.
pub fn resolve_flag(
    snapshot: &Snapshot,
    scope: RequestScope<'_>,
    key: &str,
    body: &[u8],
) -> Result<String, OfrepErrorResponse> {
    let arena = Bump::new();
    let attributes = request::decode_context(body, &arena, Some(key))?;
    let Some((position, flag)) = scope.find_flag(snapshot, key) else {
        return Err(error_response::flag_not_found(key, scope.selector));
    };
    let seconds = scope.seconds(flag);
    let context = attributes.context_for_flag(flag, scope.overlay, &arena, seconds);
    let context = context.map_err(|_| error_response::invalid_context(Some(key)))?;
    let decision = evaluation_response::null_as_error(flag, flag.decide(&context));
    scope.record_decision(snapshot, position, flag, decision);
    evaluation_response::encode_evaluation(flag, decision, scope.selector)
}

/// Evaluates all selected flags, sorted by flag set and key. A flag that fails is an entry and not an error.
/// `streams` advertises the change stream.
///
/// # Errors
/// If the body is invalid.
pub fn resolve_all(
    snapshot: &Snapshot,
    scope: RequestScope<'_>,
    body: &[u8],
    streams: &str,
) -> Result<String, OfrepErrorResponse> {
    let arena = Bump::new();
    let attributes = request::decode_context(body, &arena, None)?;
    let members = attributes.decode_attributes(scope.overlay, &arena);
    let decoded = FullContext::new(members.map_err(|_| error_response::invalid_context(None))?);
    let selected = snapshot.ruleset.select_positions(scope.selector);
    let mut flags: Vec<(usize, &CompiledFlag)> = selected
        .filter_map(|position| Some((position, snapshot.ruleset.flag_at(position)?)))
        .collect();
    flags.sort_by(|(_, a), (_, b)| (&a.flag_set_id, &a.key).cmp(&(&b.flag_set_id, &b.key)));
    let mut bulk = evaluation_response::BulkEvaluationEncoder::new(flags.len());
    let clock = scope.clock;
    bulk::decide_all(
        &decoded,
        flags.into_iter(),
        clock(),
        |position, flag, decision| {
            let decision = evaluation_response::null_as_error(flag, decision);
            scope.record_decision(snapshot, position, flag, decision);
            bulk.push(flag, decision, scope.selector);
        },
    );
    Ok(bulk.finish(scope.selector, streams))
}

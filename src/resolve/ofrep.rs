//! OFREP requests from bytes to bytes.

use bumpalo::Bump;

use crate::resolve::RequestScope;
use crate::ruleset::CompiledFlag;
use crate::snapshot::Snapshot;
use crate::wire::evaluation::request::DecodedContext;
use crate::wire::ofrep;
use crate::wire::ofrep::OfrepErrorResponse;

/// Evaluates the flag called `key`.
///
/// # Errors
/// If the flag has no answer or the body is no request, with the body that says so.
pub fn resolve_flag(
    snapshot: &Snapshot,
    around: RequestScope<'_>,
    key: &str,
    body: &[u8],
) -> Result<String, OfrepErrorResponse> {
    let attributes = ofrep::decode_context(body, Some(key))?;
    let position = snapshot.ruleset.position(key, around.selector);
    let found = position.and_then(|at| Some((at, snapshot.ruleset.flag_at(at)?)));
    let Some((position, flag)) = found else {
        around.record_not_found(snapshot, key);
        return Err(ofrep::flag_not_found(key, around.selector));
    };
    let arena = Bump::new();
    let seconds = if flag.read_set.reads_timestamp {
        (around.clock)()
    } else {
        0.0
    };
    let context = attributes.context_for_flag(flag, around.overlay, &arena, seconds);
    // The text was checked whole, so this cannot fail.
    let context = context.map_err(|_| ofrep::flag_not_found(key, around.selector))?;
    let decision = ofrep::null_as_error(flag, flag.decide(&context));
    around.record_decision(snapshot, position, flag, decision);
    ofrep::encode_evaluation(flag, decision, around.selector)
}

/// Evaluates all selected flags, sorted by flag set and key. A flag that fails is an entry, not a failure. `streams` says
/// where to learn of changes.
///
/// # Errors
/// If the body is no request.
pub fn resolve_all(
    snapshot: &Snapshot,
    around: RequestScope<'_>,
    body: &[u8],
    streams: &str,
) -> Result<String, OfrepErrorResponse> {
    let attributes = ofrep::decode_context(body, None)?;
    let arena = Bump::new();
    let members = attributes.decode_attributes(around.overlay, &arena);
    let decoded = DecodedContext::new(members.unwrap_or_default());
    let selected = snapshot.ruleset.select_positions(around.selector);
    let mut flags: Vec<(usize, &CompiledFlag)> = selected
        .filter_map(|position| Some((position, snapshot.ruleset.flag_at(position)?)))
        .collect();
    flags.sort_by(|(_, a), (_, b)| (&a.flag_set_id, &a.key).cmp(&(&b.flag_set_id, &b.key)));
    let mut bulk = ofrep::BulkEvaluationEncoder::new(flags.len());
    let clock = around.clock;
    decoded.decide_all(flags.into_iter(), clock(), |position, flag, decision| {
        let decision = ofrep::null_as_error(flag, decision);
        around.record_decision(snapshot, position, flag, decision);
        bulk.push(flag, decision, around.selector);
    });
    Ok(bulk.finish(around.selector, streams))
}

//! OFREP requests from bytes to bytes.

use bumpalo::Bump;

use crate::resolve::Around;
use crate::ruleset::Flag;
use crate::snapshot::Snapshot;
use crate::wire::ofrep;
use crate::wire::ofrep::Failure;
use crate::wire::request::Decoded;

/// Evaluates the flag called `key`.
///
/// # Errors
/// If the flag has no answer or the body is no request, with the body that says so.
pub fn one(
    snapshot: &Snapshot,
    around: Around<'_>,
    key: &str,
    body: &[u8],
) -> Result<String, Failure> {
    let attributes = ofrep::attributes(body, Some(key))?;
    let position = snapshot.ruleset.position(key, around.selector);
    let found = position.and_then(|at| Some((at, snapshot.ruleset.at(at)?)));
    let Some((position, flag)) = found else {
        around.missed(snapshot, key);
        return Err(ofrep::not_found(key, around.selector));
    };
    let arena = Bump::new();
    let seconds = if flag.reads.clock {
        (around.clock)()
    } else {
        0.0
    };
    let context = attributes.context(flag, around.overlay, &arena, seconds);
    // The text was checked whole, so this cannot fail.
    let context = context.map_err(|_| ofrep::not_found(key, around.selector))?;
    let decision = ofrep::answerable(flag, flag.decide(&context));
    around.decided(snapshot, position, flag, decision);
    ofrep::evaluated(flag, decision, around.selector)
}

/// Evaluates all selected flags, sorted by flag set and key. A flag that fails is an entry, not a failure. `streams` says
/// where to learn of changes.
///
/// # Errors
/// If the body is no request.
pub fn all(
    snapshot: &Snapshot,
    around: Around<'_>,
    body: &[u8],
    streams: &str,
) -> Result<String, Failure> {
    let attributes = ofrep::attributes(body, None)?;
    let arena = Bump::new();
    let members = attributes.members(around.overlay, &arena);
    let decoded = Decoded::new(members.unwrap_or_default());
    let selected = snapshot.ruleset.select(around.selector);
    let mut flags: Vec<(usize, &Flag)> = selected
        .filter_map(|position| Some((position, snapshot.ruleset.at(position)?)))
        .collect();
    flags.sort_by(|(_, a), (_, b)| (&a.set, &a.key).cmp(&(&b.set, &b.key)));
    let mut bulk = ofrep::Bulk::new(flags.len());
    let clock = around.clock;
    decoded.decide(flags.into_iter(), clock(), |position, flag, decision| {
        let decision = ofrep::answerable(flag, decision);
        around.decided(snapshot, position, flag, decision);
        bulk.push(flag, decision, around.selector);
    });
    Ok(bulk.finish(around.selector, streams))
}

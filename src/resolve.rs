//! One request from bytes to bytes: decode, decide, encode. No I/O, no waiting, no clock unless a rule reads it.

pub mod ofrep;

use bumpalo::Bump;
use bytes::Bytes;
use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::FlagType;
use crate::ruleset::Flag;
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use crate::value::Literal;
use crate::wire::Codec;
use crate::wire::Contract;
use crate::wire::answer;
use crate::wire::bulk::Bulk;
use crate::wire::bulk::Entry;
use crate::wire::error::RpcError;
use crate::wire::request::Decoded;
use crate::wire::request::Request;

/// How a request is to be understood.
#[derive(Debug, Clone, Copy)]
pub struct Call<'r> {
    /// The contract that it speaks.
    pub contract: Contract,
    /// The codec of the request and the answer.
    pub codec: Codec,
    /// What surrounds it.
    pub around: Around<'r>,
}

/// What surrounds a request.
#[derive(Debug, Clone, Copy)]
pub struct Around<'r> {
    /// Which flags it is about.
    pub selector: &'r Selector,
    /// Attributes that lie over the caller's.
    pub overlay: &'r [(&'r str, &'r str)],
    /// Whole seconds since the epoch, asked for only by rules that read them.
    pub clock: fn() -> f64,
    /// Who wants to know what was decided.
    pub witness: Option<&'r dyn Witness>,
}

/// Learns of decisions as they are made.
pub trait Witness: std::fmt::Debug {
    /// What was decided for the flag called `key`; there is no flag if it is unknown.
    fn saw(&self, key: &str, flag: Option<&Flag>, decision: Decision);
}

impl Around<'_> {
    /// Counts a decision about the flag at `position`, and tells of it.
    fn decided(self, snapshot: &Snapshot, position: usize, flag: &Flag, decision: Decision) {
        snapshot.tally.count(position, flag, decision);
        if let Some(witness) = self.witness {
            witness.saw(&flag.key, Some(flag), decision);
        }
    }

    /// Counts a request for a flag that is not there, and tells of it.
    fn missed(self, snapshot: &Snapshot, key: &str) {
        snapshot.tally.count_error(ErrorCode::FlagNotFound);
        if let Some(witness) = self.witness {
            witness.saw(key, None, Decision::Error(ErrorCode::FlagNotFound));
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A protobuf message behind the five bytes that frame it in gRPC.
    Framed(Bytes),
    /// A bare message.
    Bare(Vec<u8>),
}

/// Answers a request for one flag.
///
/// # Errors
/// As flagd: for an unknown or faulty flag, a value of another type, or a body that is no request.
pub fn one(
    snapshot: &Snapshot,
    call: Call<'_>,
    want: FlagType,
    body: &[u8],
) -> Result<Reply, RpcError> {
    let request = Request::decode(call.codec, body)?;
    let position = snapshot
        .ruleset
        .position(&request.flag_key, call.around.selector);
    let found = position.and_then(|at| Some((at, snapshot.ruleset.at(at)?)));
    let Some((position, flag)) = found else {
        call.around.missed(snapshot, &request.flag_key);
        return Err(ErrorCode::FlagNotFound.into());
    };
    let arena = Bump::new();
    let seconds = if flag.reads.clock {
        (call.around.clock)()
    } else {
        0.0
    };
    let context = request
        .attributes
        .context(flag, call.around.overlay, &arena, seconds)?;
    let decision = match flag.typed(flag.decide(&context), want) {
        Decision::NoDefault if call.contract == Contract::Evaluation1 => {
            Decision::Error(ErrorCode::FlagNotFound)
        }
        decision => decision,
    };
    call.around.decided(snapshot, position, flag, decision);
    if let Decision::Error(code) = decision {
        return Err(code.into());
    }
    let empty = is_empty_object(call.contract, want, decision);
    if call.codec == Codec::Proto && *call.around.selector == Selector::All && !empty {
        let ready = snapshot.answer(position, decision, want);
        return ready
            .map(Reply::Framed)
            .ok_or_else(|| ErrorCode::General.into());
    }
    encode(flag, call, want, decision)
}

/// An answer that is not ready-made: in JSON, or with the selector in its metadata.
fn encode(
    flag: &Flag,
    call: Call<'_>,
    want: FlagType,
    decision: Decision,
) -> Result<Reply, RpcError> {
    let metadata = answer::metadata(flag, call.around.selector);
    let (reason, index) = match decision {
        Decision::Variant(index, reason) => (reason.text(), Some(index)),
        Decision::Disabled => (answer::DISABLED, None),
        Decision::NoDefault => (answer::NO_DEFAULT, None),
        Decision::Error(code) => return Err(code.into()),
    };
    let message = match call.codec {
        Codec::Json => json(flag, call.contract, want, &metadata, (reason, index)).into_bytes(),
        Codec::Proto => {
            let empty = is_empty_object(call.contract, want, decision);
            let message = proto(flag, empty, want, &metadata, (reason, index));
            message.ok_or(ErrorCode::General)?
        }
    };
    Ok(Reply::Bare(message))
}

fn json(
    flag: &Flag,
    contract: Contract,
    want: FlagType,
    metadata: &[(EcoString, Literal)],
    (reason, index): (&str, Option<u16>),
) -> String {
    match index {
        Some(index) => answer::json(flag, metadata, index, want, reason, contract),
        None => answer::json_without_value(metadata, want, reason, contract),
    }
}

fn proto(
    flag: &Flag,
    empty: bool,
    want: FlagType,
    metadata: &[(EcoString, Literal)],
    (reason, index): (&str, Option<u16>),
) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match index.map(usize::from) {
        Some(index) => {
            let (name, value) = (flag.names.get(index)?, flag.values.get(index)?);
            let written = answer::write_proto(&mut out, value, want, reason, name, metadata);
            return written.then_some(out);
        }
        None if empty => answer::write_proto_empty_object(&mut out, reason, metadata),
        None => answer::write_proto_without_value(&mut out, reason, metadata),
    }
    Some(out)
}

/// Whether an answer without a value has an empty object for one: a message cannot be unset in the older contracts.
fn is_empty_object(contract: Contract, want: FlagType, decision: Decision) -> bool {
    let without = matches!(decision, Decision::Disabled | Decision::NoDefault);
    without && want == FlagType::Object && contract != Contract::Evaluation2
}

/// Answers a request for all flags. A flag that fails is an entry of the answer, not a failure.
///
/// # Errors
/// For a body that is no request.
pub fn all(snapshot: &Snapshot, call: Call<'_>, body: &[u8]) -> Result<Reply, RpcError> {
    let attributes = Request::decode_bulk(call.codec, body)?;
    let arena = Bump::new();
    let decoded = Decoded::new(attributes.members(call.around.overlay, &arena)?);
    let selected = snapshot.ruleset.select(call.around.selector);
    let flag = |position| Some((position, snapshot.ruleset.at(position)?));
    let flags = selected.filter_map(flag);
    let Around {
        selector, clock, ..
    } = call.around;
    let mut bulk = Bulk::new(call.codec, call.contract);
    decoded.decide(flags, clock(), |position, flag, decision| {
        if let Some(entry) = Entry::new(flag, decision, call.contract, selector) {
            call.around
                .decided(snapshot, position, flag, entry.decision);
            bulk.push(&entry);
        }
    });
    Ok(Reply::Bare(bulk.finish(selector)))
}

/// The present in whole seconds since the epoch.
pub fn system_clock() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs() as f64)
}

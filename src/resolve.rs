//! Resolves one RPC request from bytes to bytes: decode, decide, encode. No I/O, no waiting, no clock
//! unless a rule reads it.

pub mod bulk;
pub mod ofrep;

use bumpalo::Bump;
use bytes::Bytes;
use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::FlagType;
use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use crate::value::OwnedValue;
use crate::wire::Codec;
use crate::wire::EvaluationApi;
use crate::wire::context::enrichment::OverlayAttribute;
use crate::wire::context::full_context::FullContext;
use crate::wire::evaluation::request::ResolveRequest;
use crate::wire::evaluation::resolve_all_response::ResolveAllEncoder;
use crate::wire::evaluation::resolve_all_response::ResolveAllEntry;
use crate::wire::evaluation::resolve_response;
use crate::wire::rpc_error::RpcError;
use crate::wire::selector_metadata;

/// The contract, codec and scope of an RPC request.
#[derive(Debug, Clone, Copy)]
pub struct RpcOptions<'r> {
    /// The contract of the request.
    pub contract: EvaluationApi,
    /// The codec of the request and the response.
    pub codec: Codec,
    /// The scope, which does not depend on the protocol.
    pub scope: RequestScope<'r>,
}

/// The scope of a request: selector, added attributes, clock and observer.
#[derive(Debug, Clone, Copy)]
pub struct RequestScope<'r> {
    /// The selector of the flags.
    pub selector: &'r Selector,
    /// Attributes that override those of the client.
    pub overlay: &'r [OverlayAttribute<'r>],
    /// Returns whole seconds since the epoch; called only for rules that read them.
    pub clock: fn() -> f64,
    /// The observer of decisions.
    pub observer: Option<&'r dyn DecisionObserver>,
}

/// Observes decisions as they are made.
pub trait DecisionObserver: std::fmt::Debug {
    /// Called with the decision for the flag called `key`; `flag` is `None` if it is unknown.
    fn on_decision(&self, key: &str, flag: Option<&CompiledFlag>, decision: Decision);
}

impl RequestScope<'_> {
    /// Returns the selected flag called `key` and its position. Counts a request for an unknown flag.
    fn find_flag<'s>(self, snapshot: &'s Snapshot, key: &str) -> Option<(usize, &'s CompiledFlag)> {
        let position = snapshot.ruleset.position(key, self.selector);
        let found = position.and_then(|at| Some((at, snapshot.ruleset.flag_at(at)?)));
        if found.is_none() {
            self.record_not_found(snapshot, key);
        }
        found
    }

    /// Returns the time if the rule of this flag reads it, else 0.
    fn seconds(self, flag: &CompiledFlag) -> f64 {
        if flag.read_set.reads_timestamp {
            (self.clock)()
        } else {
            0.0
        }
    }

    /// Counts a decision about the flag at `position`, and reports it to the observer.
    fn record_decision(
        self,
        snapshot: &Snapshot,
        position: usize,
        flag: &CompiledFlag,
        decision: Decision,
    ) {
        snapshot
            .evaluations
            .count_evaluation(position, flag, decision);
        if let Some(observer) = self.observer {
            observer.on_decision(&flag.key, Some(flag), decision);
        }
    }

    /// Counts a request for an unknown flag, and reports it to the observer.
    fn record_not_found(self, snapshot: &Snapshot, key: &str) {
        snapshot.evaluations.count_error(ErrorCode::FlagNotFound);
        if let Some(observer) = self.observer {
            observer.on_decision(key, None, Decision::Error(ErrorCode::FlagNotFound));
        }
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseMessage {
    /// A protobuf message with the five-byte gRPC prefix.
    Framed(Bytes),
    /// A message without a prefix.
    Unframed(Vec<u8>),
}

/// Resolves a request for one flag.
///
/// # Errors
/// As in flagd: for an unknown or faulty flag, a value of another type, or an invalid body.
pub fn resolve_flag(
    snapshot: &Snapshot,
    call: RpcOptions<'_>,
    want: FlagType,
    body: &[u8],
) -> Result<ResponseMessage, RpcError> {
    let request = ResolveRequest::decode(call.codec, body)?;
    let Some((position, flag)) = call.scope.find_flag(snapshot, &request.flag_key) else {
        return Err(ErrorCode::FlagNotFound.into());
    };
    let arena = Bump::new();
    let seconds = call.scope.seconds(flag);
    let context = request
        .context
        .context_for_flag(flag, call.scope.overlay, &arena, seconds)?;
    let decision = match flag.enforce_type(flag.decide(&context), want) {
        Decision::NoDefault if call.contract == EvaluationApi::EvaluationV1 => {
            Decision::Error(ErrorCode::FlagNotFound)
        }
        decision => decision,
    };
    call.scope
        .record_decision(snapshot, position, flag, decision);
    if let Decision::Error(code) = decision {
        return Err(code.into());
    }
    let empty = is_empty_object(call.contract, want, decision);
    if call.codec == Codec::Proto && *call.scope.selector == Selector::All && !empty {
        let ready = snapshot.encoded_response(position, decision, want);
        return ready
            .map(ResponseMessage::Framed)
            .ok_or_else(|| ErrorCode::General.into());
    }
    encode_response(flag, call, want, decision)
}

/// Encodes a response that is not cached: in JSON, or with the selector in its metadata.
fn encode_response(
    flag: &CompiledFlag,
    call: RpcOptions<'_>,
    want: FlagType,
    decision: Decision,
) -> Result<ResponseMessage, RpcError> {
    let metadata = selector_metadata::response_metadata(flag, call.scope.selector);
    let (reason, index) = match decision {
        Decision::Variant(index, reason) => (reason.as_str(), Some(index)),
        Decision::Disabled => (resolve_response::REASON_DISABLED, None),
        Decision::NoDefault => (resolve_response::REASON_NO_DEFAULT, None),
        Decision::Error(code) => return Err(code.into()),
    };
    let message = match call.codec {
        Codec::Json => {
            encode_json(flag, call.contract, want, &metadata, (reason, index)).into_bytes()
        }
        Codec::Proto => {
            let empty = is_empty_object(call.contract, want, decision);
            let message = encode_proto(flag, empty, want, &metadata, (reason, index));
            message.ok_or(ErrorCode::General)?
        }
    };
    Ok(ResponseMessage::Unframed(message))
}

fn encode_json(
    flag: &CompiledFlag,
    contract: EvaluationApi,
    want: FlagType,
    metadata: &[(EcoString, OwnedValue)],
    (reason, index): (&str, Option<u16>),
) -> String {
    match index {
        Some(index) => resolve_response::encode_json(flag, metadata, index, want, reason, contract),
        None => resolve_response::encode_json_without_value(metadata, want, reason, contract),
    }
}

fn encode_proto(
    flag: &CompiledFlag,
    empty: bool,
    want: FlagType,
    metadata: &[(EcoString, OwnedValue)],
    (reason, index): (&str, Option<u16>),
) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match index.map(usize::from) {
        Some(index) => {
            let (name, value) = (
                flag.variant_names.get(index)?,
                flag.variant_values.get(index)?,
            );
            let written =
                resolve_response::encode_protobuf(&mut out, value, want, reason, name, metadata);
            return written.then_some(out);
        }
        None if empty => resolve_response::encode_protobuf_empty_object(&mut out, reason, metadata),
        None => resolve_response::encode_protobuf_without_value(&mut out, reason, metadata),
    }
    Some(out)
}

/// Returns true if a response without a value has an empty object instead: the older contracts cannot omit the value.
fn is_empty_object(contract: EvaluationApi, want: FlagType, decision: Decision) -> bool {
    let without = matches!(decision, Decision::Disabled | Decision::NoDefault);
    without && want == FlagType::Object && contract != EvaluationApi::EvaluationV2
}

/// Resolves a request for all flags. A flag that fails is an entry of the response and not an error.
///
/// # Errors
/// If the body is invalid.
pub fn resolve_all(
    snapshot: &Snapshot,
    call: RpcOptions<'_>,
    body: &[u8],
) -> Result<ResponseMessage, RpcError> {
    let attributes = ResolveRequest::decode_resolve_all(call.codec, body)?;
    let arena = Bump::new();
    let decoded = FullContext::new(attributes.decode_attributes(call.scope.overlay, &arena)?);
    let selected = snapshot.ruleset.select_positions(call.scope.selector);
    let flag = |position| Some((position, snapshot.ruleset.flag_at(position)?));
    let flags = selected.filter_map(flag);
    let RequestScope {
        selector, clock, ..
    } = call.scope;
    let mut bulk = ResolveAllEncoder::new(call.codec, call.contract);
    bulk::decide_all(&decoded, flags, clock(), |position, flag, decision| {
        if let Some(entry) = ResolveAllEntry::new(flag, decision, call.contract, selector) {
            call.scope
                .record_decision(snapshot, position, flag, entry.decision);
            bulk.push(&entry);
        }
    });
    Ok(ResponseMessage::Unframed(bulk.finish(selector)))
}

/// Returns the time in whole seconds since the epoch.
pub fn system_clock() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs() as f64)
}

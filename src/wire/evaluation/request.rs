//! Requests as they arrive. Only what the asked flag reads is ever decoded.

mod decode_json;
mod decode_protobuf;

use std::borrow::Cow;

use bumpalo::Bump;
use prost::Message as _;
use smallvec::SmallVec;

use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::json::Error;
use crate::json::ObjectIndex;
use crate::json::Reader;
use crate::limits;
use crate::ruleset::CompiledFlag;
use crate::value::Value;
use crate::wire::Codec;
use crate::wire::protobuf::generated::evaluation1::EventStreamRequest;
use crate::wire::rpc_error::RpcError;

/// A request for one flag.
#[derive(Debug)]
pub struct ResolveRequest<'b> {
    /// The flag's key.
    pub flag_key: Cow<'b, str>,
    /// Where the context stands.
    pub context: EncodedContext<'b>,
}

/// A context still in its bytes.
#[derive(Debug)]
pub enum EncodedContext<'b> {
    /// `google.protobuf.Struct` messages; a repeated field adds to what came before.
    Protobuf(SmallVec<[&'b [u8]; 1]>),
    /// A JSON object whose syntax was checked.
    Json(Option<&'b str>),
    /// The same, with where its members stand.
    IndexedJson(ObjectIndex<'b>),
}

impl<'b> ResolveRequest<'b> {
    /// Finds the flag's key and the context in `body`.
    ///
    /// # Errors
    /// If `body` is not a request.
    pub fn decode(codec: Codec, body: &'b [u8]) -> Result<ResolveRequest<'b>, RpcError> {
        match codec {
            Codec::Proto => decode_protobuf::decode_resolve_request(body),
            Codec::Json => decode_json::decode_resolve_request(body),
        }
    }

    /// Finds the context in the body of a request for all flags, which has no key.
    ///
    /// # Errors
    /// If `body` is not a request.
    pub fn decode_resolve_all(
        codec: Codec,
        body: &'b [u8],
    ) -> Result<EncodedContext<'b>, RpcError> {
        match codec {
            Codec::Proto => decode_protobuf::decode_resolve_all_request(body),
            Codec::Json => decode_json::decode_resolve_all_request(body),
        }
    }
}

/// Checks a request of which no field means anything.
///
/// # Errors
/// If `body` is no message at all.
pub fn validate_empty(codec: Codec, body: &[u8]) -> Result<(), RpcError> {
    match codec {
        _ if body.is_empty() => Ok(()),
        Codec::Proto => EventStreamRequest::decode(body)
            .map(drop)
            .map_err(|error| RpcError::malformed(&error.to_string())),
        Codec::Json => decode_json::validate_empty_request(body),
    }
}

impl<'b> EncodedContext<'b> {
    /// The JSON object that comes next, once it is passed over.
    ///
    /// # Errors
    /// If it is not well formed.
    pub fn parse_json_object(reader: &mut Reader<'b>) -> Result<EncodedContext<'b>, Error> {
        let start = reader.next_offset();
        let outline = reader.index_object()?;
        let text = reader.text_since(start);
        Ok(outline.map_or(
            EncodedContext::Json(Some(text)),
            EncodedContext::IndexedJson,
        ))
    }

    /// The context of `flag`, with `overlay` on top.
    ///
    /// # Errors
    /// If what the flag reads is not well formed.
    pub fn context_for_flag<'a>(
        &self,
        flag: &'a CompiledFlag,
        overlay: &[(&'a str, &'a str)],
        arena: &'a Bump,
        seconds: f64,
    ) -> Result<EvaluationContext<'a>, RpcError>
    where
        'b: 'a,
    {
        let reads = &flag.read_set;
        let mut context = EvaluationContext::new(reads, arena, seconds);
        if !reads.roots.is_empty() {
            self.fill_context(reads, &mut context)?;
            for (name, value) in overlay {
                if let Some(read) = reads.root(name.as_bytes()) {
                    context.fill_slots(read, Value::Text(value));
                }
            }
        }
        if reads.full_context_flag_key.is_some() {
            let members = self.decode_attributes(overlay, arena)?;
            context.set_full_context(&flag.key, members);
        }
        Ok(context)
    }

    fn fill_context<'a>(
        &self,
        reads: &ReadSet,
        context: &mut EvaluationContext<'a>,
    ) -> Result<(), RpcError>
    where
        'b: 'a,
    {
        match self {
            EncodedContext::Protobuf(parts) => parts
                .iter()
                .try_for_each(|part| decode_protobuf::fill_context(part, reads, context)),
            EncodedContext::Json(None) => Ok(()),
            EncodedContext::Json(Some(text)) => decode_json::fill_context(text, reads, context),
            EncodedContext::IndexedJson(outline) => {
                decode_json::fill_context_from_index(outline, reads, context)
            }
        }
    }

    /// All attributes, the overlay last.
    ///
    /// # Errors
    /// If the context is not well formed.
    pub fn decode_attributes<'a>(
        &self,
        overlay: &[(&'a str, &'a str)],
        arena: &'a Bump,
    ) -> Result<Vec<(&'a str, Value<'a>)>, RpcError>
    where
        'b: 'a,
    {
        let mut members = match self {
            EncodedContext::Protobuf(parts) => decode_protobuf::decode_attributes(parts, arena)?,
            EncodedContext::Json(None) => Vec::new(),
            EncodedContext::Json(Some(text)) => decode_json::decode_attributes(text, arena)?,
            EncodedContext::IndexedJson(outline) => {
                decode_json::decode_attributes(outline.text(), arena)?
            }
        };
        members.extend(overlay.iter().map(|(k, v)| (*k, Value::Text(v))));
        Ok(members)
    }
}

/// A context that was decoded whole, for asking many flags.
#[derive(Debug)]
pub struct DecodedContext<'a> {
    attributes: Vec<(&'a str, Value<'a>)>,
    sorted_attributes: Vec<(&'a str, Value<'a>)>,
}

impl<'a> DecodedContext<'a> {
    /// Sorts attributes; of equal names the last one counts.
    pub fn new(members: Vec<(&'a str, Value<'a>)>) -> DecodedContext<'a> {
        // No hashing: names are the caller's, and a hash that withstands him costs more than a search.
        let mut sorted = members.clone();
        sorted.sort_by_key(|(name, _)| *name);
        DecodedContext {
            attributes: members,
            sorted_attributes: sorted,
        }
    }

    fn attribute(&self, name: &str) -> Option<Value<'a>> {
        let end = self
            .sorted_attributes
            .partition_point(|(known, _)| *known <= name);
        let (found, value) = self.sorted_attributes.get(end.checked_sub(1)?)?;
        (*found == name).then_some(*value)
    }

    /// The context of `flag`, whose evaluation may take `steps`; `None` if already the copying takes more.
    pub fn context_for_flag<'f>(
        &self,
        flag: &'f CompiledFlag,
        arena: &'f Bump,
        seconds: f64,
        steps: u32,
    ) -> Option<EvaluationContext<'f>>
    where
        'a: 'f,
    {
        let mut context =
            EvaluationContext::new(&flag.read_set, arena, seconds).with_remaining_steps(steps);
        for read in &flag.read_set.roots {
            if let Some(value) = self.attribute(&read.name) {
                context.fill_slots(read, value);
            }
        }
        if flag.read_set.full_context_flag_key.is_some() {
            if !context.spend_steps(self.attributes.len()) {
                return None;
            }
            context.set_full_context(&flag.key, self.attributes.clone());
        }
        Some(context)
    }

    /// Decides for all `flags`, each with its position. They share an allowance of steps; each gets new memory, so that one request cannot hold
    /// that of all.
    pub fn decide_all<'f>(
        &self,
        flags: impl Iterator<Item = (usize, &'f CompiledFlag)>,
        seconds: f64,
        mut then: impl FnMut(usize, &'f CompiledFlag, Decision),
    ) {
        let mut left = limits::BULK_STEPS;
        for (position, flag) in flags {
            let arena = Bump::new();
            let steps = left.min(limits::EVALUATION_STEPS);
            let decision = match self.context_for_flag(flag, &arena, seconds, steps) {
                Some(context) => {
                    let decision = flag.decide(&context);
                    left -= steps - context.remaining_steps();
                    decision
                }
                None => Decision::Error(ErrorCode::ParseError),
            };
            then(position, flag, decision);
        }
    }
}

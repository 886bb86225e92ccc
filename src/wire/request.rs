//! Requests as they arrive. Only what the asked flag reads is ever decoded.

use std::borrow::Cow;

use bumpalo::Bump;
use prost::Message as _;
use smallvec::SmallVec;

use crate::context::Context;
use crate::context::Reads;
use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::json::Error;
use crate::json::Outline;
use crate::json::Reader;
use crate::limits;
use crate::ruleset::Flag;
use crate::value::Value;
use crate::wire::Codec;
use crate::wire::error::RpcError;
use crate::wire::json;
use crate::wire::pb::evaluation1::EventStreamRequest;
use crate::wire::proto;

/// A request for one flag.
#[derive(Debug)]
pub struct Request<'b> {
    /// The flag's key.
    pub flag_key: Cow<'b, str>,
    /// Where the context stands.
    pub attributes: Attributes<'b>,
}

/// A context still in its bytes.
#[derive(Debug)]
pub enum Attributes<'b> {
    /// `google.protobuf.Struct` messages; a repeated field adds to what came before.
    Proto(SmallVec<[&'b [u8]; 1]>),
    /// A JSON object whose syntax was checked.
    Json(Option<&'b str>),
    /// The same, with where its members stand.
    Outlined(Outline<'b>),
}

impl<'b> Request<'b> {
    /// Finds the flag's key and the context in `body`.
    ///
    /// # Errors
    /// If `body` is not a request.
    pub fn decode(codec: Codec, body: &'b [u8]) -> Result<Request<'b>, RpcError> {
        match codec {
            Codec::Proto => proto::request(body),
            Codec::Json => json::request(body),
        }
    }

    /// Finds the context in the body of a request for all flags, which has no key.
    ///
    /// # Errors
    /// If `body` is not a request.
    pub fn decode_bulk(codec: Codec, body: &'b [u8]) -> Result<Attributes<'b>, RpcError> {
        match codec {
            Codec::Proto => proto::bulk_request(body),
            Codec::Json => json::bulk_request(body),
        }
    }
}

/// Checks a request of which no field means anything.
///
/// # Errors
/// If `body` is no message at all.
pub fn check_empty(codec: Codec, body: &[u8]) -> Result<(), RpcError> {
    match codec {
        _ if body.is_empty() => Ok(()),
        Codec::Proto => EventStreamRequest::decode(body)
            .map(drop)
            .map_err(|error| RpcError::malformed(&error.to_string())),
        Codec::Json => json::empty_request(body),
    }
}

impl<'b> Attributes<'b> {
    /// The JSON object that comes next, once it is passed over.
    ///
    /// # Errors
    /// If it is not well formed.
    pub fn object(reader: &mut Reader<'b>) -> Result<Attributes<'b>, Error> {
        let start = reader.offset();
        let outline = reader.outline()?;
        let text = reader.since(start);
        Ok(outline.map_or(Attributes::Json(Some(text)), Attributes::Outlined))
    }

    /// The context of `flag`, with `overlay` on top.
    ///
    /// # Errors
    /// If what the flag reads is not well formed.
    pub fn context<'a>(
        &self,
        flag: &'a Flag,
        overlay: &[(&'a str, &'a str)],
        arena: &'a Bump,
        seconds: f64,
    ) -> Result<Context<'a>, RpcError>
    where
        'b: 'a,
    {
        let reads = &flag.reads;
        let mut context = Context::new(reads, arena, seconds);
        if !reads.roots.is_empty() {
            self.fill(reads, &mut context)?;
            for (name, value) in overlay {
                if let Some(read) = reads.root(name.as_bytes()) {
                    context.fill(read, Value::Text(value));
                }
            }
        }
        if reads.whole.is_some() {
            let members = self.members(overlay, arena)?;
            context.set_whole(&flag.key, members);
        }
        Ok(context)
    }

    fn fill<'a>(&self, reads: &Reads, context: &mut Context<'a>) -> Result<(), RpcError>
    where
        'b: 'a,
    {
        match self {
            Attributes::Proto(parts) => parts
                .iter()
                .try_for_each(|part| proto::fill(part, reads, context)),
            Attributes::Json(None) => Ok(()),
            Attributes::Json(Some(text)) => json::fill(text, reads, context),
            Attributes::Outlined(outline) => json::fill_outlined(outline, reads, context),
        }
    }

    /// All attributes, the overlay last.
    ///
    /// # Errors
    /// If the context is not well formed.
    pub fn members<'a>(
        &self,
        overlay: &[(&'a str, &'a str)],
        arena: &'a Bump,
    ) -> Result<Vec<(&'a str, Value<'a>)>, RpcError>
    where
        'b: 'a,
    {
        let mut members = match self {
            Attributes::Proto(parts) => proto::members(parts, arena)?,
            Attributes::Json(None) => Vec::new(),
            Attributes::Json(Some(text)) => json::members(text, arena)?,
            Attributes::Outlined(outline) => json::members(outline.text(), arena)?,
        };
        members.extend(overlay.iter().map(|(k, v)| (*k, Value::Text(v))));
        Ok(members)
    }
}

/// A context that was decoded whole, for asking many flags.
#[derive(Debug)]
pub struct Decoded<'a> {
    members: Vec<(&'a str, Value<'a>)>,
    sorted: Vec<(&'a str, Value<'a>)>,
}

impl<'a> Decoded<'a> {
    /// Sorts attributes; of equal names the last one counts.
    pub fn new(members: Vec<(&'a str, Value<'a>)>) -> Decoded<'a> {
        // No hashing: names are the caller's, and a hash that withstands him costs more than a search.
        let mut sorted = members.clone();
        sorted.sort_by_key(|(name, _)| *name);
        Decoded { members, sorted }
    }

    fn attribute(&self, name: &str) -> Option<Value<'a>> {
        let end = self.sorted.partition_point(|(known, _)| *known <= name);
        let (found, value) = self.sorted.get(end.checked_sub(1)?)?;
        (*found == name).then_some(*value)
    }

    /// The context of `flag`, whose evaluation may take `steps`; `None` if already the copying takes more.
    pub fn context<'f>(
        &self,
        flag: &'f Flag,
        arena: &'f Bump,
        seconds: f64,
        steps: u32,
    ) -> Option<Context<'f>>
    where
        'a: 'f,
    {
        let mut context = Context::new(&flag.reads, arena, seconds).with_allowance(steps);
        for read in &flag.reads.roots {
            if let Some(value) = self.attribute(&read.name) {
                context.fill(read, value);
            }
        }
        if flag.reads.whole.is_some() {
            if !context.spend(self.members.len()) {
                return None;
            }
            context.set_whole(&flag.key, self.members.clone());
        }
        Some(context)
    }

    /// Decides for all `flags`, each with its position. They share an allowance of steps; each gets new memory, so that one request cannot hold
    /// that of all.
    pub fn decide<'f>(
        &self,
        flags: impl Iterator<Item = (usize, &'f Flag)>,
        seconds: f64,
        mut then: impl FnMut(usize, &'f Flag, Decision),
    ) {
        let mut left = limits::BULK_STEPS;
        for (position, flag) in flags {
            let arena = Bump::new();
            let steps = left.min(limits::EVALUATION_STEPS);
            let decision = match self.context(flag, &arena, seconds, steps) {
                Some(context) => {
                    let decision = flag.decide(&context);
                    left -= steps - context.allowance();
                    decision
                }
                None => Decision::Error(ErrorCode::ParseError),
            };
            then(position, flag, decision);
        }
    }
}

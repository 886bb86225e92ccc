//! An evaluation context that is still encoded: only the attributes that a flag reads are decoded.

use bumpalo::Bump;
use smallvec::SmallVec;

use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::json::Error;
use crate::json::ObjectIndex;
use crate::json::Reader;
use crate::ruleset::CompiledFlag;
use crate::value::Value;
use crate::wire::context::decode_json;
use crate::wire::context::decode_protobuf;
use crate::wire::context::enrichment::OverlayAttribute;
use crate::wire::context::value_budget::ValueBudget;
use crate::wire::rpc_error::RpcError;

/// A context that is still encoded.
#[derive(Debug)]
pub enum EncodedContext<'b> {
    /// `google.protobuf.Struct` messages; a repeated field adds to the previous ones.
    Protobuf(SmallVec<[&'b [u8]; 1]>),
    /// A JSON object whose syntax was checked.
    Json(Option<&'b str>),
    /// The same, with an index of its members.
    IndexedJson(ObjectIndex<'b>),
}

impl<'b> EncodedContext<'b> {
    /// Skips the next JSON object and returns it as a context.
    ///
    /// # Errors
    /// If the object is not well formed.
    pub fn parse_json_object(reader: &mut Reader<'b>) -> Result<EncodedContext<'b>, Error> {
        let start = reader.next_offset();
        let outline = reader.index_object()?;
        let text = reader.text_since(start);
        Ok(outline.map_or(
            EncodedContext::Json(Some(text)),
            EncodedContext::IndexedJson,
        ))
    }

    /// The context of `flag`, with `overlay` merged over it.
    ///
    /// # Errors
    /// If an attribute that the flag reads is not well formed.
    pub fn context_for_flag<'a>(
        &self,
        flag: &'a CompiledFlag,
        overlay: &'a [OverlayAttribute<'a>],
        arena: &'a Bump,
        seconds: f64,
    ) -> Result<EvaluationContext<'a>, RpcError>
    where
        'b: 'a,
    {
        let reads = &flag.read_set;
        let mut context = EvaluationContext::new(reads, arena, seconds);
        if reads.full_context_flag_key.is_some() {
            let members = self.decode_attributes(overlay, arena)?;
            context.fill_attributes(reads, &members);
            context.set_full_context(&flag.key, &members);
        } else if !reads.roots.is_empty() {
            self.fill_context(reads, &mut context)?;
            for (name, value) in overlay {
                if let Some(read) = reads.root(name.as_bytes()) {
                    context.fill_slots(read, Value::Text(value));
                }
            }
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
            EncodedContext::Protobuf(parts) => {
                let mut budget = ValueBudget::new();
                parts.iter().try_for_each(|part| {
                    decode_protobuf::fill_context(part, reads, context, &mut budget)
                })
            }
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
        overlay: &'a [OverlayAttribute<'a>],
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

//! Protobuf responses per flag and outcome, encoded at the first request and kept from generation to generation.
//!
//! An application never evaluates most flags of a large document, so no response is encoded in advance.

use bytes::Bytes;

use crate::decision::Decision;
use crate::decision::FlagType;
use crate::decision::Reason;
use crate::ruleset::CachedResponses;
use crate::ruleset::CompiledFlag;
use crate::ruleset::EvaluationPlan;
use crate::wire::evaluation::resolve_response;
use crate::wire::grpc::length_prefixed_message::MESSAGE_PREFIX_LEN;

/// The framed response of `flag`. All responses of a flag are encoded at the first request for one of them.
pub fn encoded_response(flag: &CompiledFlag, decision: Decision, want: FlagType) -> Option<Bytes> {
    let integer = usize::from(want == FlagType::Int);
    let span = 2 * outcome_index(flag, decision)? + integer;
    let ready = flag
        .encoded_responses
        .get_or_init(|| Box::new(encode_all(flag)));
    let (from, to) = *ready.spans.get(span)?;
    let span = usize::try_from(from).ok()?..usize::try_from(to).ok()?;
    (!span.is_empty()).then(|| ready.bytes.slice(span))
}

/// Encodes every response of a flag.
#[cold]
fn encode_all(flag: &CompiledFlag) -> CachedResponses {
    let mut writer = ResponseWriter::default();
    writer.write_flag(flag);
    // A clone of `Bytes` is marked as shared. The original would check on every clone whether it is shared.
    let bytes = Bytes::from(writer.bytes.into_boxed_slice()).clone();
    CachedResponses {
        bytes,
        spans: writer.spans.into(),
    }
}

/// The index of a decision among the possible decisions of a flag.
fn outcome_index(flag: &CompiledFlag, decision: Decision) -> Option<usize> {
    match (&flag.evaluation_plan, decision) {
        (_, Decision::Error(_)) => None,
        (EvaluationPlan::Targeted(_), Decision::Variant(index, Reason::TargetingMatch)) => {
            Some(index.into())
        }
        (EvaluationPlan::Targeted(_), _) => Some(flag.variant_names.len()),
        _ => Some(0),
    }
}

#[derive(Default)]
struct ResponseWriter {
    bytes: Vec<u8>,
    spans: Vec<(u32, u32)>,
}

impl ResponseWriter {
    fn write_flag(&mut self, flag: &CompiledFlag) {
        match (&flag.evaluation_plan, flag.default_variant) {
            (EvaluationPlan::Static(index), _) => self.write_variant(flag, *index, Reason::Static),
            (EvaluationPlan::Targeted(_), default) => {
                for index in 0..flag.variant_names.len() {
                    let index = u16::try_from(index).unwrap_or(u16::MAX);
                    self.write_variant(flag, index, Reason::TargetingMatch);
                }
                match default {
                    Some(index) => self.write_variant(flag, index, Reason::Default),
                    None => self.write_without_value(resolve_response::REASON_NO_DEFAULT, flag),
                }
            }
            (EvaluationPlan::NoDefault, _) => {
                self.write_without_value(resolve_response::REASON_NO_DEFAULT, flag);
            }
            (EvaluationPlan::Disabled, _) => {
                self.write_without_value(resolve_response::REASON_DISABLED, flag);
            }
            (EvaluationPlan::Faulty(_), _) => {}
        }
    }

    fn write_variant(&mut self, flag: &CompiledFlag, index: u16, reason: Reason) {
        let own = flag.variant_type(index);
        let index = usize::from(index);
        let (Some(name), Some(value)) = (
            flag.variant_names.get(index),
            flag.variant_values.get(index),
        ) else {
            return;
        };
        for want in [own, Some(FlagType::Int)] {
            self.push_span(|out| {
                let (reason, metadata) = (reason.as_str(), &flag.metadata);
                want.is_some_and(|want| {
                    resolve_response::encode_protobuf(out, value, want, reason, name, metadata)
                })
            });
        }
    }

    fn write_without_value(&mut self, reason: &str, flag: &CompiledFlag) {
        let write = |out: &mut Vec<u8>| {
            resolve_response::encode_protobuf_without_value(out, reason, &flag.metadata);
            true
        };
        self.push_span(write);
        let same = self.spans.last().copied();
        self.spans.extend(same);
    }

    /// Records the span of the response that `write` appends, or an empty span if it appends none. A response that
    /// would end beyond 4 GiB is removed.
    fn push_span(&mut self, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(&[0; MESSAGE_PREFIX_LEN]);
        let span = write(&mut self.bytes)
            .then(|| self.finish_frame(from))
            .flatten();
        if span.is_none() {
            self.bytes.truncate(from);
        }
        self.spans.push(span.unwrap_or((0, 0)));
    }

    /// Completes the prefix of the response that begins at `from`.
    fn finish_frame(&mut self, from: usize) -> Option<(u32, u32)> {
        let to = u32::try_from(self.bytes.len()).ok()?;
        let length = u32::try_from(self.bytes.len() - from - MESSAGE_PREFIX_LEN).ok()?;
        let place = self.bytes.get_mut(from + 1..from + MESSAGE_PREFIX_LEN)?;
        place.copy_from_slice(&length.to_be_bytes());
        Some((u32::try_from(from).ok()?, to))
    }
}

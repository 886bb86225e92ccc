//! Answers that are bytes before they are asked for again. Most flags of a large document are never asked for by the one
//! application beside which this runs; those that are keep their bytes from generation to generation.

use bytes::Bytes;

use crate::decision::Decision;
use crate::decision::FlagType;
use crate::decision::Reason;
use crate::ruleset::Flag;
use crate::ruleset::Plan;
use crate::ruleset::Ready;
use crate::wire::answer;
use crate::wire::frame::HEAD;
use crate::wire::structure;

/// The framed answer of `flag`. All answers of a flag are encoded when the first is asked for.
pub fn get(flag: &Flag, decision: Decision, want: FlagType) -> Option<Bytes> {
    let integer = usize::from(want == FlagType::Int);
    let span = 2 * outcome(flag, decision)? + integer;
    let ready = flag.ready.get_or_init(|| Box::new(encode(flag)));
    let (from, to) = *ready.spans.get(span)?;
    let span = usize::try_from(from).ok()?..usize::try_from(to).ok()?;
    (!span.is_empty()).then(|| ready.bytes.slice(span))
}

/// Every answer that a flag can give.
#[cold]
fn encode(flag: &Flag) -> Ready {
    let mut writer = Writer::default();
    writer.flag(flag);
    Ready {
        bytes: writer.bytes.into_boxed_slice().into(),
        spans: writer.spans.into(),
    }
}

/// The number of a decision among those that a flag can make.
fn outcome(flag: &Flag, decision: Decision) -> Option<usize> {
    match (&flag.plan, decision) {
        (_, Decision::Error(_)) => None,
        (Plan::Targeted(_), Decision::Variant(index, Reason::TargetingMatch)) => Some(index.into()),
        (Plan::Targeted(_), _) => Some(flag.names.len()),
        _ => Some(0),
    }
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    spans: Vec<(u32, u32)>,
}

impl Writer {
    fn flag(&mut self, flag: &Flag) {
        let metadata = structure::to_struct(&flag.metadata);
        let mut with_variant = |index: u16, reason: Reason| {
            let index = usize::from(index);
            let (Some(name), Some(value)) = (flag.names.get(index), flag.values.get(index)) else {
                return;
            };
            let typed = |want| answer::proto(value, want, reason.text(), name, &metadata);
            let own = typed(FlagType::Boolean)
                .or_else(|| typed(FlagType::String))
                .or_else(|| typed(FlagType::Float))
                .or_else(|| typed(FlagType::Object));
            self.span(own.as_deref());
            self.span(typed(FlagType::Int).as_deref());
        };
        match (&flag.plan, flag.default) {
            (Plan::Fixed(index), _) => with_variant(*index, Reason::Static),
            (Plan::Targeted(_), default) => {
                for index in 0..flag.names.len() {
                    with_variant(
                        u16::try_from(index).unwrap_or(u16::MAX),
                        Reason::TargetingMatch,
                    );
                }
                match default {
                    Some(index) => with_variant(index, Reason::Default),
                    None => self.without_value(answer::NO_DEFAULT, flag),
                }
            }
            (Plan::NoDefault, _) => self.without_value(answer::NO_DEFAULT, flag),
            (Plan::Disabled, _) => self.without_value(answer::DISABLED, flag),
            (Plan::Faulty(_), _) => {}
        }
    }

    fn without_value(&mut self, reason: &str, flag: &Flag) {
        let metadata = structure::to_struct(&flag.metadata);
        let message = answer::proto_without_value(reason, &metadata);
        self.span(Some(&message));
        self.span(Some(&message));
    }

    fn span(&mut self, message: Option<&[u8]>) {
        let framed = message.and_then(|message| self.frame(message));
        // No answer is an empty span; one that would end beyond four gigabytes is none, never half of one.
        self.spans.push(framed.unwrap_or((0, 0)));
    }

    fn frame(&mut self, message: &[u8]) -> Option<(u32, u32)> {
        let from = u32::try_from(self.bytes.len()).ok()?;
        let to = u32::try_from(self.bytes.len() + HEAD + message.len()).ok()?;
        let length = u32::try_from(message.len()).ok()?;
        self.bytes.push(0);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(message);
        Some((from, to))
    }
}

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
    // A clone is known to be shared. What it was made from finds that out each time that it is shared again.
    let bytes = Bytes::from(writer.bytes.into_boxed_slice()).clone();
    Ready {
        bytes,
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
        match (&flag.plan, flag.default) {
            (Plan::Fixed(index), _) => self.with_variant(flag, *index, Reason::Static),
            (Plan::Targeted(_), default) => {
                for index in 0..flag.names.len() {
                    let index = u16::try_from(index).unwrap_or(u16::MAX);
                    self.with_variant(flag, index, Reason::TargetingMatch);
                }
                match default {
                    Some(index) => self.with_variant(flag, index, Reason::Default),
                    None => self.without_value(answer::NO_DEFAULT, flag),
                }
            }
            (Plan::NoDefault, _) => self.without_value(answer::NO_DEFAULT, flag),
            (Plan::Disabled, _) => self.without_value(answer::DISABLED, flag),
            (Plan::Faulty(_), _) => {}
        }
    }

    fn with_variant(&mut self, flag: &Flag, index: u16, reason: Reason) {
        let own = flag.type_of(index);
        let index = usize::from(index);
        let (Some(name), Some(value)) = (flag.names.get(index), flag.values.get(index)) else {
            return;
        };
        for want in [own, Some(FlagType::Int)] {
            self.span(|out| {
                let (reason, metadata) = (reason.text(), &flag.metadata);
                want.is_some_and(|want| {
                    answer::write_proto(out, value, want, reason, name, metadata)
                })
            });
        }
    }

    fn without_value(&mut self, reason: &str, flag: &Flag) {
        let write = |out: &mut Vec<u8>| {
            answer::write_proto_without_value(out, reason, &flag.metadata);
            true
        };
        self.span(write);
        let same = self.spans.last().copied();
        self.spans.extend(same);
    }

    /// Notes the answer that `write` appends, or an empty span if there is none. One that would end beyond four
    /// gigabytes is none, never half of one.
    fn span(&mut self, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(&[0; HEAD]);
        let span = write(&mut self.bytes).then(|| self.head(from)).flatten();
        if span.is_none() {
            self.bytes.truncate(from);
        }
        self.spans.push(span.unwrap_or((0, 0)));
    }

    /// Completes the head of the answer that begins at `from`.
    fn head(&mut self, from: usize) -> Option<(u32, u32)> {
        let to = u32::try_from(self.bytes.len()).ok()?;
        let length = u32::try_from(self.bytes.len() - from - HEAD).ok()?;
        let place = self.bytes.get_mut(from + 1..from + HEAD)?;
        place.copy_from_slice(&length.to_be_bytes());
        Some((u32::try_from(from).ok()?, to))
    }
}

//! Subscribers of all kinds of streams, and the check of each message against the model.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use bytes::Bytes;
use fanion::serve::http::body::Body;
use fanion::wire::Codec;
use fanion::wire::protobuf::generated::evaluation1::EventStreamResponse;
use fanion::wire::protobuf::generated::sync1::SyncFlagsResponse;
use prost::Message as _;
use prost_types::value::Kind;
use serde_json::Value;

use crate::change_model::document::Content;
use crate::change_model::document::Plan;
use crate::change_model::model::Difference;
use crate::change_model::model::Model;
use crate::change_model::schedule::Feed;
use crate::change_model::schedule::Selection;

/// The most messages of a stream whose client has paused: one in the channel, one that waits for it, and one for all
/// later changes.
const MAX_AFTER_PAUSE: usize = 3;

/// The flags of a message of flag sync, each with the name of its source.
type SentFlags = BTreeMap<String, (Content, String)>;

/// A message of a stream.
#[derive(Debug, PartialEq)]
enum StreamMessage {
    /// An event without flags.
    Signal(String),
    Changes(Difference),
    Tag(String),
    Flags(SentFlags),
    End,
}

/// A client of a stream.
pub struct Subscriber {
    feed: Feed,
    selection: Selection,
    body: Body,
    pub is_paused: bool,
    has_started: bool,
    pub has_ended: bool,
    /// The generations that the client may have seen last: those that agree with all messages.
    candidates: BTreeSet<usize>,
    /// The flags that it received last.
    last_flags: Option<SentFlags>,
    received: Vec<StreamMessage>,
}

impl Subscriber {
    /// The client of a stream that was opened in this generation.
    pub fn new(feed: Feed, selection: Selection, body: Body, generation: usize) -> Subscriber {
        Subscriber {
            feed,
            selection,
            body,
            is_paused: false,
            has_started: false,
            has_ended: false,
            candidates: BTreeSet::from([generation]),
            last_flags: None,
            received: Vec::new(),
        }
    }

    /// Reads all frames that are ready, unless it has paused. Returns true if there are any.
    pub fn read(&mut self) -> bool {
        let count = self.received.len();
        let mut cx = Context::from_waker(Waker::noop());
        while !self.is_paused && !self.has_ended {
            match http_body::Body::poll_frame(Pin::new(&mut self.body), &mut cx) {
                Poll::Pending => break,
                Poll::Ready(None) => self.has_ended = true,
                Poll::Ready(Some(frame)) => match frame.expect("a frame").into_data() {
                    Ok(data) => self.received.push(parse(self.feed, &data)),
                    Err(_trailers) => self.received.push(StreamMessage::End),
                },
            }
        }
        self.received.len() > count
    }

    /// Checks the messages that were read, and that the newest state has arrived unless the client has paused.
    pub fn check(&mut self, model: &Model, names: &[String], was_paused: bool, is_down: bool) {
        let messages = std::mem::take(&mut self.received);
        let is_content = |message: &&StreamMessage| {
            !matches!(message, StreamMessage::Signal(_) | StreamMessage::End)
        };
        let count = messages.iter().filter(is_content).count();
        let most = if was_paused { MAX_AFTER_PAUSE } else { 1 };
        assert!(count <= most, "{count} messages at once: {messages:?}");
        for message in messages {
            self.check_message(model, names, message, is_down);
        }
        if self.is_paused || is_down {
            return;
        }
        assert!(self.has_started, "nothing arrived: {:?}", self.feed);
        let newest = model.newest();
        let is_current = |seen: &usize| match self.feed {
            Feed::Events(_) => model.difference(*seen, newest, self.selection).is_empty(),
            Feed::Refetches => {
                model.tag(*seen, self.selection) == model.tag(newest, self.selection)
            }
            Feed::Documents => {
                let expected = sent_flags(model, newest, self.selection, names);
                self.last_flags.as_ref() == Some(&expected)
            }
        };
        assert!(
            self.candidates.iter().any(is_current),
            "{:?} of {:?} has seen {:?}, and not generation {newest}",
            self.feed,
            self.selection,
            self.candidates
        );
    }

    fn check_message(
        &mut self,
        model: &Model,
        names: &[String],
        message: StreamMessage,
        is_down: bool,
    ) {
        let selection = self.selection;
        let has_started = std::mem::replace(&mut self.has_started, true);
        match message {
            StreamMessage::Signal(kind) if !has_started => assert_eq!(kind, "provider_ready"),
            StreamMessage::Signal(kind) => {
                assert!(is_down && kind == "provider_shutdown", "{kind}");
            }
            StreamMessage::End => assert!(is_down, "the stream has ended"),
            StreamMessage::Changes(changes) => {
                assert!(has_started && !changes.is_empty(), "{changes:?}");
                self.advance(model, &format!("{changes:?}"), |from, to| {
                    model.difference(from, to, selection) == changes
                });
            }
            StreamMessage::Tag(tag) if !has_started => {
                self.candidates
                    .retain(|seen| model.tag(*seen, selection) == tag);
                assert!(!self.candidates.is_empty(), "the first tag is {tag}");
            }
            StreamMessage::Tag(tag) => self.advance(model, &tag, |from, to| {
                model.tag(to, selection) == tag && model.tag(from, selection) != tag
            }),
            StreamMessage::Flags(flags) => {
                assert_ne!(self.last_flags.as_ref(), Some(&flags), "sent again");
                let sent = |generation| sent_flags(model, generation, selection, names);
                if has_started {
                    self.advance(model, &format!("{flags:?}"), |_, to| sent(to) == flags);
                } else {
                    self.candidates.retain(|seen| sent(*seen) == flags);
                    assert!(!self.candidates.is_empty(), "sent first: {flags:?}");
                }
                self.last_flags = Some(flags);
            }
        }
    }

    /// Moves to the later generations that a message may lead to.
    fn advance(&mut self, model: &Model, message: &str, leads: impl Fn(usize, usize) -> bool) {
        let seen = std::mem::take(&mut self.candidates);
        for from in &seen {
            let later = from + 1..=model.newest();
            self.candidates.extend(later.filter(|to| leads(*from, *to)));
        }
        assert!(
            !self.candidates.is_empty(),
            "no generation after {seen:?} of {} agrees with {message} for {:?}",
            model.newest(),
            self.selection
        );
    }
}

/// The flags that flag sync sends of a generation: all but the faulty ones.
fn sent_flags(
    model: &Model,
    generation: usize,
    selection: Selection,
    names: &[String],
) -> SentFlags {
    let view = model.view(generation, selection).into_iter();
    view.filter(|(_, (flag, _))| flag.plan != Plan::Faulty)
        .map(|(key, (flag, source))| (key.to_owned(), (flag, names[source].clone())))
        .collect()
}

fn parse(feed: Feed, data: &Bytes) -> StreamMessage {
    match feed {
        Feed::Refetches => parse_refetch(data),
        Feed::Documents => parse_flags(&data[5..]),
        Feed::Events(_) if data[0] != 0 => StreamMessage::End,
        Feed::Events(Codec::Proto) => parse_event(&data[5..]),
        Feed::Events(Codec::Json) => parse_json_event(&data[5..]),
    }
}

fn parse_refetch(data: &[u8]) -> StreamMessage {
    let text = std::str::from_utf8(data).expect("UTF-8");
    let mut lines = text.lines();
    let tag = lines.find_map(|line| line.strip_prefix("id: "));
    StreamMessage::Tag(tag.expect("an id").to_owned())
}

fn parse_flags(message: &[u8]) -> StreamMessage {
    let message = SyncFlagsResponse::decode(message).expect("a message");
    let document: Value = serde_json::from_str(&message.flag_configuration).expect("JSON");
    let flags = document["flags"].as_object().expect("flags").iter();
    let flags = flags.map(|(key, flag)| {
        let source = flag["source"].as_str().expect("a source").to_owned();
        (key.clone(), (Content::from_definition(flag), source))
    });
    StreamMessage::Flags(flags.collect())
}

fn parse_event(message: &[u8]) -> StreamMessage {
    let event = EventStreamResponse::decode(message).expect("an event");
    let fields = event.data.map(|data| data.fields).unwrap_or_default();
    let Some(Kind::StructValue(flags)) = fields.get("flags").and_then(|f| f.kind.as_ref()) else {
        return StreamMessage::Signal(event.r#type);
    };
    assert_eq!(event.r#type, "configuration_change");
    let changes = flags.fields.iter().map(|(key, change)| {
        let Some(Kind::StructValue(change)) = &change.kind else {
            panic!("not a change: {change:?}")
        };
        match &change.fields["type"].kind {
            Some(Kind::StringValue(kind)) => (key.clone(), kind.clone()),
            other => panic!("not a type: {other:?}"),
        }
    });
    StreamMessage::Changes(changes.collect())
}

fn parse_json_event(message: &[u8]) -> StreamMessage {
    let event: Value = serde_json::from_slice(message).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let Some(flags) = event["data"]["flags"].as_object() else {
        return StreamMessage::Signal(text(&event["type"]));
    };
    assert_eq!(event["type"], "configuration_change");
    let changes = flags.iter();
    StreamMessage::Changes(
        changes
            .map(|(key, change)| (key.clone(), text(&change["type"])))
            .collect(),
    )
}

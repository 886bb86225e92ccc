//! Random schedules: the sources, and the operations on them, on readers and on subscribers.

use fanion::wire::Codec;

use crate::change_model::document::Document;
use crate::change_model::document::FLAG_SET;
use crate::change_model::document::Flags;
use crate::support::random_flags::SeededRng;

/// The kinds of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceChoice {
    Network,
    File,
    Directory,
}

/// The files of a source.
pub const FILES: [&str; 2] = ["a.json", "b.json"];

/// The streams that a subscriber can open.
#[derive(Debug, Clone, Copy)]
pub enum Feed {
    /// Provider events.
    Events(Codec),
    /// OFREP's change stream.
    Refetches,
    /// Flag sync.
    Documents,
}

/// A selection of flags, of which each has a selector.
#[derive(Debug, Clone, Copy)]
pub enum Selection {
    All,
    FlagSet,
    NoFlagSet,
    Source(usize),
}

/// All selections.
pub fn selections(sources: usize) -> Vec<Selection> {
    let mut all = vec![Selection::All, Selection::FlagSet, Selection::NoFlagSet];
    all.extend((0..sources).map(Selection::Source));
    all
}

impl Selection {
    /// The text of the selector. `names` are the names of the sources.
    pub fn text(self, names: &[String]) -> String {
        match self {
            Selection::All => String::new(),
            Selection::FlagSet => format!("flagSetId={FLAG_SET}"),
            Selection::NoFlagSet => "flagSetId=".to_owned(),
            Selection::Source(at) => format!("source={}", names[at]),
        }
    }
}

/// One step of a schedule. Numbers of subscribers are taken modulo their count.
#[derive(Debug, Clone)]
pub enum Operation {
    /// A network source receives a text.
    Receive(usize, Document),
    /// A network source cannot be reached.
    Fail(usize),
    /// The document of a network source has not changed.
    Confirm(usize),
    /// A probe asks whether the update thread responds.
    Ping,
    /// The update thread applies all that has arrived.
    Apply,
    /// A file is replaced.
    Write(usize, &'static str, Document),
    /// A file is deleted.
    Remove(usize, &'static str),
    Subscribe(Feed, Selection),
    /// A subscriber stops reading.
    Pause(usize),
    /// A subscriber reads again.
    Resume(usize),
    /// A subscriber disconnects.
    Leave(usize),
    /// A request begins: it loads its snapshot.
    BeginRequest(Selection),
    /// The oldest request ends.
    EndRequest,
}

/// A schedule. Shutdown follows the last operation.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub sources: Vec<SourceChoice>,
    pub operations: Vec<Operation>,
    /// True if the update thread is stopped before the servers.
    pub stops_updates_first: bool,
}

impl Schedule {
    /// A schedule with network sources.
    pub fn of_network(seed: u64) -> Schedule {
        let rng = &mut SeededRng::new(seed);
        let sources = (0..=rng.below(3)).map(|_| SourceChoice::Network);
        let sources = sources.collect();
        Schedule::random(rng, sources, 32)
    }

    /// A schedule with a file, a directory and a network source, in random order.
    pub fn of_files(seed: u64) -> Schedule {
        let rng = &mut SeededRng::new(seed);
        let mut sources = vec![
            SourceChoice::File,
            SourceChoice::Directory,
            SourceChoice::Network,
        ];
        let first = usize::try_from(rng.below(3)).expect("an index");
        sources.rotate_left(first);
        Schedule::random(rng, sources, 20)
    }

    fn random(rng: &mut SeededRng, sources: Vec<SourceChoice>, longest: u64) -> Schedule {
        let mut earlier = vec![Earlier::default(); sources.len()];
        let count = 4 + rng.below(longest - 4);
        let operations = (0..count).map(|_| operation(rng, &sources, &mut earlier));
        Schedule {
            operations: operations.collect(),
            stops_updates_first: rng.below(2) == 0,
            sources,
        }
    }
}

/// What a source had before.
#[derive(Clone, Default)]
struct Earlier {
    flags: Flags,
    last: Option<Document>,
}

impl Earlier {
    /// A new document, or the last one again.
    fn next(&mut self, rng: &mut SeededRng) -> Document {
        let document = match &self.last {
            Some(last) if rng.below(4) == 0 => last.again(rng),
            _ => Document::random(rng, &mut self.flags),
        };
        self.last = Some(document.clone());
        document
    }
}

fn operation(rng: &mut SeededRng, sources: &[SourceChoice], earlier: &mut [Earlier]) -> Operation {
    let index = |rng: &mut SeededRng, below| usize::try_from(rng.below(below)).expect("an index");
    match rng.below(20) {
        0..8 => {
            let source = index(rng, sources.len() as u64);
            source_operation(rng, source, sources[source], &mut earlier[source])
        }
        8..12 => Operation::Apply,
        12 => Operation::Ping,
        13 | 14 => {
            let feeds = [
                Feed::Events(Codec::Proto),
                Feed::Events(Codec::Json),
                Feed::Refetches,
                Feed::Documents,
            ];
            Operation::Subscribe(*rng.of(&feeds), selection(rng, sources.len()))
        }
        15 => Operation::Pause(index(rng, 8)),
        16 => Operation::Resume(index(rng, 8)),
        17 => Operation::Leave(index(rng, 8)),
        18 => Operation::BeginRequest(selection(rng, sources.len())),
        _ => Operation::EndRequest,
    }
}

fn source_operation(
    rng: &mut SeededRng,
    source: usize,
    kind: SourceChoice,
    earlier: &mut Earlier,
) -> Operation {
    let kind_of_change = rng.below(8);
    match (kind, kind_of_change) {
        (SourceChoice::Network, 0) => Operation::Fail(source),
        (SourceChoice::Network, 1) => Operation::Confirm(source),
        (SourceChoice::Network, _) => Operation::Receive(source, earlier.next(rng)),
        (SourceChoice::File, 0) => Operation::Remove(source, FILES[0]),
        (SourceChoice::File, _) => {
            Operation::Write(source, FILES[0], earlier.next(rng).in_json_file())
        }
        // A directory without a file is an error of its own: the first one stays.
        (SourceChoice::Directory, 0 | 1) => Operation::Remove(source, FILES[1]),
        (SourceChoice::Directory, _) => {
            let file = *rng.of(&FILES);
            Operation::Write(source, file, earlier.next(rng).in_json_file())
        }
    }
}

fn selection(rng: &mut SeededRng, sources: usize) -> Selection {
    *rng.of(&selections(sources))
}

//! The independent model: texts that sources had, the last good ones, and the flags of each generation.

use std::collections::BTreeMap;

use fanion::document::DocumentFormat;

use crate::change_model::document::Content;
use crate::change_model::document::Document;
use crate::change_model::document::Flags;
use crate::change_model::schedule::Selection;

/// The selected flags by key, each with the source that defines it.
pub type View = BTreeMap<&'static str, (Content, usize)>;
/// The kind of change of each changed flag.
pub type Difference = BTreeMap<String, String>;

/// A text and its format.
type Text = (String, DocumentFormat);

/// One document of a source.
#[derive(Debug, Default)]
struct TextHistory {
    good: Option<(Text, Flags)>,
    last: Option<Text>,
    /// True if the last text was invalid, or there was none.
    is_failing: bool,
}

/// The expected health of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    pub accepted: u64,
    pub refused: u64,
    pub is_failing: bool,
}

#[derive(Debug, Default)]
struct SourceModel {
    /// By file name; network sources have one without a name.
    documents: BTreeMap<String, TextHistory>,
    health: Health,
    /// True once it has had a document.
    has_flags: bool,
    /// True once it was read, with or without success.
    is_attempted: bool,
}

/// The flags of all documents of one generation, in order of priority: the last wins.
type Layers = Vec<(usize, Flags)>;

/// The expected state.
pub struct Model {
    sources: Vec<SourceModel>,
    generations: Vec<Layers>,
    is_usable: bool,
    /// The entity tag of each view.
    tags: BTreeMap<Vec<(&'static str, Content)>, String>,
}

impl Model {
    pub fn new(sources: usize) -> Model {
        let sources = (0..sources).map(|_| SourceModel::default());
        Model {
            sources: sources.collect(),
            generations: vec![Layers::new()],
            is_usable: false,
            tags: BTreeMap::new(),
        }
    }

    /// A source offers a text. Returns true if it has become the active one.
    pub fn offer(&mut self, source: usize, file: &str, document: &Document) -> bool {
        let text = (document.text(), document.format);
        let source = &mut self.sources[source];
        let history = source.documents.entry(file.to_owned()).or_default();
        let is_active = history.good.as_ref().is_some_and(|(good, _)| *good == text);
        let is_repeated = history.last.replace(text.clone()).as_ref() == Some(&text);
        let mut is_accepted = false;
        history.is_failing = match document.flags() {
            _ if is_active => false,
            Some(flags) => {
                history.good = Some((text, flags.clone()));
                source.health.accepted += 1;
                is_accepted = true;
                false
            }
            None => {
                source.health.refused += u64::from(!is_repeated);
                true
            }
        };
        source.update_health();
        is_accepted
    }

    /// A source cannot be read. Its documents are kept.
    pub fn fail(&mut self, source: usize, file: &str) {
        let source = &mut self.sources[source];
        let history = source.documents.entry(file.to_owned()).or_default();
        history.is_failing = true;
        source.update_health();
    }

    /// A network source reports that its document has not changed.
    pub fn confirm(&mut self, source: usize) {
        let source = &mut self.sources[source];
        for history in source.documents.values_mut() {
            history.is_failing = false;
        }
        source.update_health();
    }

    /// A file of a directory is deleted. Returns true if it had flags.
    pub fn remove(&mut self, source: usize, file: &str) -> bool {
        let source = &mut self.sources[source];
        let removed = source.documents.remove(file);
        source.update_health();
        removed.is_some_and(|history| history.good.is_some())
    }

    pub fn has_document(&self, source: usize) -> bool {
        self.sources[source].has_flags
    }

    /// True once every source was read, with or without success.
    pub fn is_loaded(&self) -> bool {
        self.sources.iter().all(|source| source.is_attempted)
    }

    pub fn health(&self, source: usize) -> Health {
        self.sources[source].health
    }

    /// The documents of all sources become a generation.
    pub fn publish(&mut self) {
        let mut layers = Layers::new();
        for (at, source) in self.sources.iter().enumerate() {
            let good = source.documents.values().filter_map(|d| d.good.as_ref());
            layers.extend(good.map(|(_, flags)| (at, flags.clone())));
        }
        self.generations.push(layers);
        self.is_usable = self.sources.iter().all(|source| source.has_flags);
    }

    /// The number of the newest generation.
    pub fn newest(&self) -> usize {
        self.generations.len() - 1
    }

    /// True if all sources had flags when the newest generation was published.
    pub fn is_usable(&self) -> bool {
        self.is_usable
    }

    /// The flags of a generation that win with a selection.
    pub fn view(&self, generation: usize, selection: Selection) -> View {
        let mut view = View::new();
        let layers = &self.generations[generation];
        for (at, (source, flags)) in layers.iter().enumerate() {
            for (key, flag) in flags {
                let is_overridden = layers[at + 1..]
                    .iter()
                    .any(|(_, later)| later.get(key).is_some_and(|l| l.in_set == flag.in_set));
                if !is_overridden && is_selected(selection, flag, *source) {
                    view.insert(key, (*flag, *source));
                }
            }
        }
        view
    }

    /// The changes between the views of two generations.
    pub fn difference(&self, from: usize, to: usize, selection: Selection) -> Difference {
        let (before, after) = (self.view(from, selection), self.view(to, selection));
        let mut changes = Difference::new();
        for (key, (flag, _)) in &after {
            match before.get(key) {
                None => changes.insert((*key).to_owned(), "write".to_owned()),
                Some((earlier, _)) if earlier != flag => {
                    changes.insert((*key).to_owned(), "update".to_owned())
                }
                Some(_) => None,
            };
        }
        let gone = before.keys().filter(|key| !after.contains_key(*key));
        changes.extend(gone.map(|key| ((*key).to_owned(), "delete".to_owned())));
        changes
    }

    /// Records the entity tag of a view. Equal views have the same tag, and different ones have not.
    pub fn record_tag(&mut self, generation: usize, selection: Selection, tag: &str) {
        let flags = contents(&self.view(generation, selection));
        let known = self.tags.entry(flags.clone()).or_insert(tag.to_owned());
        assert_eq!(known, tag, "the tag of {flags:?}");
        let same = self.tags.values().filter(|known| *known == tag);
        assert_eq!(same.count(), 1, "{tag} is the tag of several views");
    }

    /// The entity tag of a view that was recorded.
    pub fn tag(&self, generation: usize, selection: Selection) -> &str {
        &self.tags[&contents(&self.view(generation, selection))]
    }
}

impl SourceModel {
    fn update_health(&mut self) {
        self.is_attempted = true;
        let mut documents = self.documents.values();
        self.health.is_failing = documents.any(|history| history.is_failing);
        self.has_flags |= self.documents.values().any(|d| d.good.is_some());
    }
}

fn contents(view: &View) -> Vec<(&'static str, Content)> {
    view.iter().map(|(key, (flag, _))| (*key, *flag)).collect()
}

fn is_selected(selection: Selection, flag: &Content, source: usize) -> bool {
    match selection {
        Selection::All => true,
        Selection::FlagSet => flag.in_set,
        Selection::NoFlagSet => !flag.in_set,
        Selection::Source(at) => at == source,
    }
}

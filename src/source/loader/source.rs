//! One source as the loader knows it, whatever its kind.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use bytes::Bytes;

use crate::source::files::Files;
use crate::source::layer::Layer;
use crate::source::layer::Manner;
use crate::source::loader::care::Care;
use crate::source::loader::care::complain;
use crate::source::loader::keep::Keep;
use crate::source::look::Look;
use crate::source::post::Delivery;
use crate::source::post::News;
use crate::source::remote::Remote;
use crate::source::remote::Verdict;
use crate::source::spec::Kind;
use crate::source::spec::Spec;
use crate::source::state::Entry;
use crate::source::status::Status;
use crate::source::status::Trouble;

/// A source, its documents and how it is doing.
#[derive(Debug)]
pub struct Source {
    /// How it is reached.
    pub kind: Kind,
    /// How it is doing.
    pub status: Arc<Status>,
    /// Whether it was asked once, whatever came of it.
    pub attempted: bool,
    /// How the server called the document of an earlier process.
    pub etag: Option<Box<str>>,
    content: Content,
    care: Care,
}

#[derive(Debug)]
enum Content {
    Files(Files),
    Remote(Remote),
}

impl Source {
    /// A source that was not asked yet.
    pub fn new(spec: &Spec) -> Source {
        let content = match &spec.kind {
            Kind::File(path) => Content::Files(Files::new(path)),
            Kind::Http(_) | Kind::Grpc(_) => {
                Content::Remote(Remote::new(spec.name.clone(), spec.label.clone()))
            }
        };
        if let Kind::Grpc(grpc) = &spec.kind
            && grpc.incremental
        {
            let source = &*spec.label;
            tracing::warn!(
                source,
                "incrementalUpdates has no effect: each message replaces all flags of the source"
            );
        }
        Source {
            kind: spec.kind.clone(),
            status: Arc::new(Status::new(spec)),
            attempted: false,
            etag: None,
            content,
            care: Care::default(),
        }
    }

    /// Whether it is a network source.
    pub fn is_remote(&self) -> bool {
        matches!(self.content, Content::Remote(_))
    }

    /// The flags of its documents, later ones over earlier ones.
    pub fn layers(&self) -> Box<dyn Iterator<Item = &Layer> + '_> {
        match &self.content {
            Content::Files(files) => Box::new(files.layers()),
            Content::Remote(remote) => Box::new(remote.held.layer.iter()),
        }
    }

    /// Whether it has a document.
    pub fn has_document(&self) -> bool {
        self.layers().next().is_some()
    }

    /// The directories in which events matter.
    pub fn directories(&self) -> Vec<PathBuf> {
        match &self.content {
            Content::Files(files) => files.directories(),
            Content::Remote(_) => Vec::new(),
        }
    }

    /// Takes what an earlier process left. Whether that was anything.
    pub fn restore(&mut self, entries: &[Entry], manner: Manner) -> bool {
        let good_at = match &mut self.content {
            Content::Files(files) => files.restore(entries, manner),
            Content::Remote(remote) => entries.last().and_then(|entry| {
                let verdict = remote.take(&entry.bytes, entry.format, manner);
                self.etag.clone_from(&entry.etag);
                (verdict == Verdict::Accepted).then_some(entry.good_at)
            }),
        };
        let Some(good_at) = good_at else {
            self.etag = None;
            return false;
        };
        self.status.restored(good_at);
        let age = SystemTime::now().duration_since(good_at);
        let (source, age_seconds) = (&*self.status.label, age.unwrap_or_default().as_secs());
        tracing::info!(
            source,
            age_seconds,
            "flags of the state directory are in force until the source answers; they are {age_seconds} s old"
        );
        true
    }

    /// Looks at files. Whether a document changed.
    pub fn look(&mut self, look: &Look, manner: Manner, keep: &mut Keep) -> bool {
        let Content::Files(files) = &mut self.content else {
            return false;
        };
        let now = SystemTime::now();
        self.attempted = true;
        let scan = files.scan(look, manner);
        let changed = scan.changed();
        for file in &scan.gone {
            keep.forget(&self.status.name, file);
        }
        for (file, format, bytes) in scan.accepted {
            self.status.accepted(now);
            keep.add(|| Entry {
                source: self.status.name.clone(),
                file,
                format,
                good_at: now,
                etag: None,
                bytes: Bytes::from_owner(bytes),
            });
        }
        match files.trouble() {
            // The files themselves have told it.
            Some((trouble, why)) => drop(self.status.trouble(now, trouble, why)),
            None if files.layers().next().is_some() => self.status.confirmed(now),
            None => {}
        }
        changed
    }

    /// Takes what a network source tells. Whether its document changed.
    pub fn hear(&mut self, news: News, manner: Manner, keep: &mut Keep) -> bool {
        self.attempted = true;
        match news {
            News::Document(delivery, verdict) => {
                let taken = self.take(&delivery, manner, keep);
                // Who asked may be gone.
                let _ = verdict.send(!matches!(taken, Verdict::Refused(_)));
                taken == Verdict::Accepted
            }
            News::Unchanged => {
                self.status.confirmed(SystemTime::now());
                false
            }
            News::Failed(why) => {
                complain(&self.status, self.has_document(), Trouble::Failed, &why);
                false
            }
        }
    }

    fn take(&mut self, delivery: &Delivery, manner: Manner, keep: &mut Keep) -> Verdict {
        let Content::Remote(remote) = &mut self.content else {
            return Verdict::Same;
        };
        let now = SystemTime::now();
        let verdict = remote.take(&delivery.bytes, delivery.format, manner);
        match &verdict {
            Verdict::Refused(why) => {
                let kept = remote.held.layer.is_some();
                complain(&self.status, kept, Trouble::Refused, why);
            }
            Verdict::Same => self.status.confirmed(now),
            Verdict::Accepted => {
                self.status.accepted(now);
                keep.add(|| Entry {
                    source: self.status.name.clone(),
                    file: self.status.label.clone(),
                    format: delivery.format,
                    good_at: now,
                    etag: delivery.etag.clone(),
                    bytes: Bytes::clone(&delivery.bytes),
                });
            }
        }
        verdict
    }

    /// What is due from time to time: a word about flags that are stale, and in the state directory that they are not.
    pub fn tick(&mut self, now: SystemTime, reminder: Duration, keep: &Keep) {
        self.care.remind(&self.status, now, reminder);
        if !self.care.is_touch_due(&self.status, now) {
            return;
        }
        let name = &self.status.name;
        match &self.content {
            Content::Files(files) => files.names().for_each(|file| keep.touch(name, file)),
            Content::Remote(_) => keep.touch(name, &self.status.label),
        }
    }
}

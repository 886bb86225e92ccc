//! `Watcher`: one list of the resource and the watches that follow it, and the updates that they give.

use std::time::Duration;
use std::time::Instant;

use crate::document::DocumentFormat;
use crate::limits;
use crate::source::Timing;
use crate::source::error::SourceError;
use crate::source::error::kubernetes::KubernetesError;
use crate::source::network::backoff::random_fraction;
use crate::source::network::file_reader::FileReader;
use crate::source::network::kubernetes::api_client::ApiClient;
use crate::source::network::kubernetes::feature_flag::FeatureFlag;
use crate::source::network::kubernetes::feature_flag::WatchEvent;
use crate::source::network::kubernetes::watch_stream::WatchStream;
use crate::source::spec::KubernetesSpec;
use crate::source::update_channel::FetchedDocument;
use crate::source::update_channel::UpdateSender;

/// The pause between two watches, for servers that end each of them at once.
const WATCH_PAUSE: Duration = Duration::from_millis(50);

/// Follows a resource.
pub struct Watcher<'s> {
    spec: &'s KubernetesSpec,
    timing: Timing,
    files: FileReader,
    updates: &'s UpdateSender,
    /// The version of the resource in the last list; empty if it did not exist.
    listed_version: Option<String>,
    /// True if the server refused the last watch.
    watch_refused: bool,
    /// True if the last list was not applied, because the server refused the watch before it and nothing had changed.
    list_held_back: bool,
    /// True if the active flags are those of the resource.
    is_current: bool,
    /// The number of events that were received since [`Watcher::take_progress`].
    event_count: usize,
}

/// The end of a watch that is no failure.
#[derive(Debug, PartialEq, Eq)]
enum WatchEnd {
    /// The next watch continues at the last version.
    Continue,
    /// The resource must be listed again.
    Relist,
}

impl<'s> Watcher<'s> {
    /// A watcher that has read nothing.
    pub fn new(
        spec: &'s KubernetesSpec,
        timing: Timing,
        files: FileReader,
        updates: &'s UpdateSender,
    ) -> Watcher<'s> {
        Watcher {
            spec,
            timing,
            files,
            updates,
            listed_version: None,
            watch_refused: false,
            list_held_back: false,
            is_current: false,
            event_count: 0,
        }
    }

    /// Returns true if an event was received since the last call.
    pub fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.event_count) > 0
    }

    /// Lists the resource and watches it until it must be listed again.
    ///
    /// # Errors
    /// If the list or a watch fails.
    pub async fn list_and_watch(&mut self) -> Result<(), SourceError> {
        let listing = async {
            let client = ApiClient::new(self.spec, &self.files, self.timing).await?;
            let list = client.list(self.spec).await?;
            Ok::<_, SourceError>((client, list))
        };
        let (client, list) = within(limits::FETCH_TIMEOUT, listing).await?;
        let listed_at = Instant::now();
        self.apply_list(list.item).await;
        let mut version = list.version;
        while listed_at.elapsed() < limits::WATCH_RESYNC_INTERVAL {
            if self.watch(&client, &mut version).await? == WatchEnd::Relist {
                break;
            }
            tokio::time::sleep(WATCH_PAUSE.mul_f64(1.0 + random_fraction())).await;
        }
        Ok(())
    }

    /// Applies a list. If only the watch is refused, an unchanged resource does not count as a recovery of the source.
    async fn apply_list(&mut self, item: Option<FeatureFlag>) {
        let version = item.as_ref().map_or("", |item| &item.version).to_owned();
        self.list_held_back = self.watch_refused && self.listed_version.as_ref() == Some(&version);
        if self.list_held_back {
            return;
        }
        self.listed_version = Some(version);
        match item {
            Some(item) => self.apply(item).await,
            None => self.report_missing(),
        }
    }

    async fn apply(&mut self, flag: FeatureFlag) {
        let Some(bytes) = flag.flag_spec else {
            self.is_current = false;
            self.updates
                .send_failure(KubernetesError::NoFlagSpec.into());
            return;
        };
        let document = FetchedDocument {
            bytes,
            format: DocumentFormat::Json,
            etag: None,
        };
        self.is_current = self.updates.send_document(document).await;
    }

    /// Reports that the resource does not exist. As in flagd, the last good flags stay.
    fn report_missing(&mut self) {
        self.is_current = false;
        let KubernetesSpec {
            namespace, name, ..
        } = self.spec;
        let error = KubernetesError::NoResource(format!("{namespace}/{name}"));
        self.updates.send_failure(error.into());
    }

    /// Watches the resource after a version, and updates the version.
    async fn watch(
        &mut self,
        client: &ApiClient,
        version: &mut String,
    ) -> Result<WatchEnd, SourceError> {
        let duration = self.timing.watch_timeout.mul_f64(1.0 + random_fraction());
        let opening = client.watch(self.spec, version, duration);
        let opened = within(limits::FETCH_TIMEOUT, opening).await;
        self.watch_refused = matches!(
            opened,
            Err(SourceError::Kubernetes(KubernetesError::Refused(_)))
        );
        let Some(mut stream) = opened? else {
            return Ok(WatchEnd::Relist);
        };
        if std::mem::take(&mut self.list_held_back) && self.is_current {
            self.updates.send_unchanged();
        }
        let started_at = Instant::now();
        let limit = duration + self.timing.keepalive_timeout;
        let received = self.receive(&mut stream, version, limit).await;
        if self.is_current {
            // The flags were up to date until the watch ended.
            self.updates.send_unchanged();
        }
        let (end, count) = received?;
        if count == 0 && started_at.elapsed() < Duration::from_secs(1) && end == WatchEnd::Continue
        {
            return Err(KubernetesError::WatchEndedEarly.into());
        }
        Ok(end)
    }

    /// Applies the events of a watch until it ends. Returns the number of events.
    async fn receive(
        &mut self,
        stream: &mut WatchStream,
        version: &mut String,
        limit: Duration,
    ) -> Result<(WatchEnd, usize), SourceError> {
        let deadline = tokio::time::Instant::now() + limit;
        let mut count = 0;
        loop {
            let event = tokio::time::timeout_at(deadline, stream.next_event()).await;
            // A server that keeps the watch open for longer than agreed may be gone.
            let Some(event) = event.unwrap_or(Ok(None))? else {
                return Ok((WatchEnd::Continue, count));
            };
            match event {
                WatchEvent::Expired => return Ok((WatchEnd::Relist, count)),
                WatchEvent::Failed(why) => return Err(KubernetesError::ErrorEvent(why).into()),
                WatchEvent::Bookmark(at) => *version = at,
                WatchEvent::Changed(flag) => {
                    version.clone_from(&flag.version);
                    if *flag.name == *self.spec.name {
                        self.apply(flag).await;
                    }
                }
                WatchEvent::Deleted(flag) => {
                    version.clone_from(&flag.version);
                    if *flag.name == *self.spec.name {
                        self.report_missing();
                    }
                }
            }
            count += 1;
            self.event_count += 1;
        }
    }
}

/// Limits the time of an operation.
async fn within<T>(
    limit: Duration,
    operation: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    let done = tokio::time::timeout(limit, operation).await;
    done.unwrap_or(Err(SourceError::ResponseTimeout(limit)))
}

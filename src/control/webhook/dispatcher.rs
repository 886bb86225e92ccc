//! `Dispatcher`: sends the events of one environment to one endpoint.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;

use crate::control::environment::Environment;
use crate::control::environment::journal::Journal;
use crate::control::environment::now_ms;
use crate::control::store::EventQuery;
use crate::control::store::Record;
use crate::control::store::RecordChange;
use crate::control::store::RecordKind;
use crate::control::store::StoreError;
use crate::control::store::StoreReader;
use crate::control::webhook::endpoint::Endpoint;
use crate::control::webhook::message::WebhookMessage;
use crate::control::webhook::outbox::Outbox;
use crate::control::webhook::sender::WebhookSender;
use crate::event_log::SealedEvent;
use crate::source::network::backoff::random_fraction;

/// The events that are read at a time.
const BATCH: usize = 100;
/// The time until the store is read again after a failure.
const STORE_RETRY: Duration = Duration::from_secs(5);
/// The longest sleep: the clock may be set ahead meanwhile.
const MAX_SLEEP: Duration = Duration::from_secs(60);

/// Sends the events of one environment to one endpoint.
pub struct Dispatcher {
    /// The endpoint.
    pub endpoint: Arc<Endpoint>,
    /// The environment.
    pub environment: Arc<Environment>,
    outbox: Mutex<Outbox>,
    /// Wakes the task after a retry by hand.
    retried: Notify,
    /// The attempts that succeeded, and those that failed.
    pub attempts: [AtomicU64; 2],
    reader: Arc<dyn StoreReader>,
    journal: Journal,
}

impl Dispatcher {
    /// A dispatcher that goes on where the store says. A new endpoint gets the events from now on.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn load(
        endpoint: Arc<Endpoint>,
        environment: Arc<Environment>,
        reader: Arc<dyn StoreReader>,
        journal: Journal,
    ) -> Result<Dispatcher, StoreError> {
        let key = record_key(&endpoint, &environment);
        let stored = reader.record(RecordKind::Webhook, &key)?;
        let stored = stored.and_then(|record| serde_json::from_str(&record.value).ok());
        let outbox = stored.unwrap_or_else(|| Outbox::after(environment.revision().number));
        Ok(Dispatcher {
            endpoint,
            environment,
            outbox: Mutex::new(outbox),
            retried: Notify::new(),
            attempts: [AtomicU64::new(0), AtomicU64::new(0)],
            reader,
            journal,
        })
    }

    /// The outbox at this time.
    pub fn outbox(&self) -> Outbox {
        self.lock().clone()
    }

    /// Sends everything at once that waits or is dead.
    pub fn retry(&self) {
        self.lock().retry_all();
        self.retried.notify_one();
    }

    /// Sends events until the process ends.
    pub async fn run(self: Arc<Dispatcher>, sender: Arc<WebhookSender>) {
        let mut revisions = self.environment.subscribe();
        // A new endpoint begins at this event also after a crash.
        self.record().await;
        loop {
            revisions.mark_unchanged();
            let wait = match self.take_up().await {
                Ok(()) => self.send_next(&sender).await,
                Err(error) => {
                    let (endpoint, environment) = (&*self.endpoint.name, &*self.environment.name);
                    tracing::warn!(endpoint, environment, %error, "webhooks wait: the log cannot be read");
                    Some(STORE_RETRY)
                }
            };
            let Some(wait) = wait else { continue };
            tokio::select! {
                changed = revisions.changed() => if changed.is_err() { return },
                () = self.retried.notified() => self.record().await,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes up events after the cursor.
    async fn take_up(&self) -> Result<(), StoreError> {
        if self.lock().is_full() {
            return Ok(());
        }
        let query = EventQuery {
            after_seq: Some(self.lock().cursor),
            limit: BATCH,
            ..EventQuery::default()
        };
        let events = self.read(query).await?;
        let mut outbox = self.lock();
        for event in &events {
            let event = event.event();
            outbox.take_up(event.seq, event.flag.as_deref().unwrap_or_default());
        }
        Ok(())
    }

    /// Sends the next event. Returns how long to wait if none is due.
    async fn send_next(&self, sender: &WebhookSender) -> Option<Duration> {
        let (due, next_ms) = {
            let outbox = self.lock();
            let due = outbox
                .due(now_ms())
                .map(|(flag, seq)| (flag.to_owned(), seq));
            (due, outbox.next_ms())
        };
        let Some((flag, seq)) = due else {
            let until = next_ms.map(|next| next.saturating_sub(now_ms()).max(1));
            return Some(
                until
                    .map_or(MAX_SLEEP, Duration::from_millis)
                    .min(MAX_SLEEP),
            );
        };
        let query = EventQuery {
            after_seq: Some(seq.saturating_sub(1)),
            limit: 1,
            ..EventQuery::default()
        };
        let sent = match self.read(query).await.as_deref() {
            Ok([event, ..]) => {
                sender
                    .send(&self.endpoint, WebhookMessage::of(event), now_ms())
                    .await
            }
            Ok([]) => Err("the log has no such event".to_owned()),
            Err(_) => return Some(STORE_RETRY),
        };
        self.note(&flag, seq, sent);
        self.record().await;
        None
    }

    /// Notes the result of an attempt.
    fn note(&self, flag: &str, seq: u64, sent: Result<(), String>) {
        let [succeeded, failed] = &self.attempts;
        let mut outbox = self.lock();
        let Err(why) = sent else {
            succeeded.fetch_add(1, Ordering::Relaxed);
            return outbox.delivered(flag);
        };
        failed.fetch_add(1, Ordering::Relaxed);
        let dead = outbox.dead.len();
        outbox.failed(flag, now_ms(), &why, random_fraction());
        let (endpoint, environment) = (&*self.endpoint.name, &*self.environment.name);
        if outbox.dead.len() > dead {
            tracing::error!(
                endpoint,
                environment,
                revision = seq,
                why,
                "a webhook was given up"
            );
        } else {
            tracing::warn!(
                endpoint,
                environment,
                revision = seq,
                why,
                "a webhook was not delivered"
            );
        }
    }

    /// Stores the outbox. If the store does not work, a crash repeats what was delivered since.
    async fn record(&self) {
        let at_ms = now_ms();
        let record = Record {
            key: record_key(&self.endpoint, &self.environment),
            value: serde_json::to_string(&*self.lock()).unwrap_or_default(),
            at_ms,
            expires_ms: None,
        };
        let put = RecordChange::Put(RecordKind::Webhook, record);
        if let Ok(written) = self.journal.write_records(vec![put]) {
            let _ = written.await;
        }
    }

    /// Reads events on a blocking thread.
    async fn read(&self, query: EventQuery) -> Result<Vec<SealedEvent>, StoreError> {
        let (reader, name) = (self.reader.clone(), self.environment.name.clone());
        let read = tokio::task::spawn_blocking(move || reader.events(&name, &query)).await;
        // A panic of the store is logged where it happens.
        read.map_or_else(|_| Ok(Vec::new()), |page| page.map(|page| page.events))
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        // A panic cannot leave the outbox inconsistent.
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record_key(endpoint: &Endpoint, environment: &Environment) -> String {
    format!("{}/{}", endpoint.name, environment.name)
}

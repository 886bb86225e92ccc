//! Clients that change the same flags at the same time: the log is one order that explains what each of them has seen.

use std::sync::Arc;
use std::time::Instant;

use fanion::control::environment::ChangeRequest;
use fanion::control::environment::Environment;
use fanion::control::environment::error::ChangeError;
use fanion::control::model::command::Command;
use fanion::control::model::environment_state::EnvironmentState;
use fanion::control::store::EventQuery;
use fanion::event_log::LogEvent;
use fanion::wire::content_hash::ContentHash;
use tokio::task::JoinSet;

use crate::environment::running::FLAGS;
use crate::environment::running::NAME;
use crate::environment::running::Running;
use crate::environment::running::kill;
use crate::environment::running::percentage;
use crate::environment::running::request;

/// The seeds of a run: `FANION_RACE_SEEDS`, or few.
const FEW_SEEDS: u64 = 20;
/// The clients of a run, and the changes of each.
const CLIENTS: (u64, usize) = (10, 6);

/// A small generator of pseudo-random numbers.
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

/// What a client asked for, when, and what it got.
struct Operation {
    command: Command,
    invoked: Instant,
    returned: Instant,
    before: u64,
    after: (u64, ContentHash),
    journalled: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_is_one_order_of_all_changes() {
    let seeds = std::env::var("FANION_RACE_SEEDS").ok();
    let seeds = seeds.map_or(FEW_SEEDS, |seeds| seeds.parse().expect("a number"));
    let mut recorded = 0;
    for seed in 0..seeds {
        recorded += race(seed).await;
    }
    assert!(
        recorded > usize::try_from(seeds).expect("few") * 10,
        "{recorded}"
    );
}

/// Lets clients race and checks the log. Returns the number of operations that had an effect.
async fn race(seed: u64) -> usize {
    let running = Running::start().await;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS.0 {
        let environment = running.environment.clone();
        clients.spawn(act(environment, Random(seed * 1000 + client)));
    }
    let edits = ["percentage: 6}", "percentage: 7}", "percentage: 5}"];
    for edit in edits {
        running.edit(&FLAGS.replace("percentage: 5}", edit));
        tokio::task::yield_now().await;
    }
    let mut operations = Vec::new();
    while let Some(acted) = clients.join_next().await {
        operations.extend(acted.expect("no panic"));
    }
    let query = EventQuery::default();
    let page = running.reader.events(NAME, &query).expect("a log");
    assert!(!page.has_more);
    let events: Vec<LogEvent> = page
        .events
        .iter()
        .map(|sealed| sealed.event().clone())
        .collect();
    check(&operations, &events, seed);
    running.reader.verify(NAME).expect("an intact log");
    let status = running.environment.status();
    let stored = running
        .reader
        .load(NAME)
        .expect("a store")
        .expect("an environment");
    let state: EnvironmentState = serde_json::from_str(&stored.state).expect("a state");
    assert_eq!(state, *status.state, "seed {seed}");
    operations
        .iter()
        .filter(|operation| operation.before != operation.after.0)
        .count()
}

async fn act(environment: Arc<Environment>, mut random: Random) -> Vec<Operation> {
    let mut operations = Vec::new();
    for _ in 0..CLIENTS.1 {
        let key = ["pay", "plain"][random.below(2)];
        let command = match random.below(4) {
            0 => kill(key),
            1 => Command::Restore(key.to_owned()),
            _ => percentage("pay", random.below(100) as f64),
        };
        let invoked = Instant::now();
        let asked: ChangeRequest = request(command.clone());
        match environment.change(asked).await {
            Ok(changed) => operations.push(Operation {
                command,
                invoked,
                returned: Instant::now(),
                before: changed.before.number,
                after: (changed.after.number, changed.after.content_hash),
                journalled: changed.journalled,
            }),
            Err(ChangeError::Busy) => {}
            Err(error) => panic!("{error}"),
        }
    }
    operations
}

/// Checks that the log explains all operations.
fn check(operations: &[Operation], events: &[LogEvent], seed: u64) {
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event.seq, at as u64 + 1, "seed {seed}");
    }
    // What a kill returns before it is journalled is provisional.
    let journalled = operations.iter().filter(|operation| operation.journalled);
    for operation in journalled {
        let (number, hash) = operation.after;
        let event = &events[usize::try_from(number).expect("small") - 1];
        // What the client saw is what the log says of this revision.
        assert_eq!(event.document, hash, "seed {seed} revision {number}");
        if operation.before + 1 == number {
            assert_eq!(
                event.flag.as_deref(),
                operation.command.key(),
                "seed {seed}"
            );
        } else if operation.before != number {
            // The store answered a kill late: the revision is one in which the flag is killed.
            assert!(operation.command.is_protective(), "seed {seed}");
        }
    }
    // An operation that returned before another was invoked comes first.
    for first in operations {
        for second in operations {
            if first.returned < second.invoked {
                assert!(first.after.0 <= second.after.0, "seed {seed}");
            }
        }
    }
    // Each event follows from the state that the events before it have led to.
    let mut killed = std::collections::BTreeSet::new();
    for event in events {
        let flag = event.flag.clone().unwrap_or_default();
        match event.kind.name() {
            "flag.killed" => {
                assert!(killed.insert(flag), "seed {seed}: killed twice");
            }
            "flag.restored" => {
                assert!(killed.remove(&flag), "seed {seed}: restored without a kill");
            }
            _ => {}
        }
    }
}

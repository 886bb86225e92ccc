//! Random schedules of changes, compared step by step with an independent model.
//!
//! The real components run on the thread of the test: the batches of the update thread, the sources, the publication of
//! snapshots, the services and their streams. After each step the tests check that the flags are those of the last good
//! documents, merged by priority; that a request sees one generation; that messages of streams tell exactly the
//! differences, and the newest state arrives; and that nothing is left after shutdown.
//!
//! `FANION_SCHEDULE=SEED` runs one schedule.

mod comparison;
mod document;
mod model;
mod pipeline;
mod publication;
mod schedule;
mod simulation;
mod subscriber;

use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use fanion::panic_message::panic_message;

use crate::change_model::schedule::Schedule;

/// Runs the schedules of these seeds. Panics with the first one that fails, and the shortest form of it that was found.
fn check(schedule_of: impl Fn(u64) -> Schedule, seeds: Range<u64>) {
    let seeds = match std::env::var("FANION_SCHEDULE") {
        Ok(seed) => {
            let seed = seed.parse().expect("a seed");
            seed..seed + 1
        }
        Err(_) => seeds,
    };
    for seed in seeds {
        let schedule = schedule_of(seed);
        if run(&schedule).is_err() {
            let (schedule, failure) = shrink(schedule);
            panic!("FANION_SCHEDULE={seed} fails: {failure}\n{schedule:#?}");
        }
    }
}

fn run(schedule: &Schedule) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let simulation = AssertUnwindSafe(|| runtime.block_on(simulation::run(schedule)));
    catch_unwind(simulation).map_err(|payload| panic_message(&*payload))
}

/// Drops operations that are not needed for the failure.
fn shrink(mut schedule: Schedule) -> (Schedule, String) {
    let mut failure = run(&schedule).err();
    let mut at = schedule.operations.len();
    while at > 0 {
        at = (at - 1).min(schedule.operations.len());
        let mut shorter = schedule.clone();
        // A prefix is the best start.
        if shorter.operations.split_off(at).is_empty() {
            continue;
        }
        let mut without = schedule.clone();
        without.operations.remove(at);
        for candidate in [shorter, without] {
            if let Err(why) = run(&candidate) {
                (schedule, failure) = (candidate, Some(why));
                break;
            }
        }
    }
    let failure = failure.unwrap_or_else(|| "only sometimes".to_owned());
    (schedule, failure)
}

#[test]
fn updates_of_network_sources_follow_the_model() {
    check(Schedule::of_network, 0..2000);
}

#[test]
fn updates_of_files_and_directories_follow_the_model() {
    check(Schedule::of_files, 0..40);
}

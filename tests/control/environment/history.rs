//! Any past revision gives the answers that were served.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanion::control::environment::startup::compile_definitions;
use fanion::control::model::command::Command;
use fanion::control::model::flag_state::RolloutOverride;
use fanion::control::store::At;

use crate::environment::linearizability::Random;
use crate::environment::running::NAME;
use crate::environment::running::Running;
use crate::environment::running::kill;
use crate::environment::running::percentage;
use crate::environment::running::set;
use crate::environment::running::variant;

/// Flags of which one requires another.
const FLAGS: &str = "
rings: {internal: {in: [{var: group}, [staff]]}}
flags:
  pay:
    state: ENABLED
    variants: {'on': true, 'off': false}
    defaultVariant: 'off'
    rollout: {variant: 'on', rings: [internal], percentage: 50}
    requires: [{flag: api, variant: v2}]
  api:
    state: ENABLED
    variants: {v1: 1, v2: 2}
    defaultVariant: v1
    rollout: {variant: v2, percentage: 50}
";

/// The answers of a revision: by flag, unit and group.
type Answers = BTreeMap<(&'static str, String, &'static str), String>;

#[tokio::test]
async fn any_revision_answers_as_it_was_served() {
    let running = Running::start().await;
    running.edit(FLAGS);
    running.wait_for_revision(2).await;
    let mut random = Random(7);
    let mut served: BTreeMap<u64, Answers> = BTreeMap::new();
    for _ in 0..200 {
        let key = ["pay", "api"][random.below(2)];
        let command = match random.below(5) {
            0 => kill(key),
            1 => Command::Restore(key.to_owned()),
            2 => set(
                "pay",
                None,
                RolloutOverride {
                    rings: Some(Vec::new()),
                    ..RolloutOverride::default()
                },
            ),
            _ => percentage(key, random.below(101) as f64),
        };
        running.change(command).await.expect("changed");
        let revision = running.environment.revision();
        served.insert(revision.number, answers(&revision.snapshot, &mut random));
    }
    assert!(served.len() > 100, "{}", served.len());
    let reader = running.reader.clone();
    let mut samples = 0;
    for (number, answers) in served {
        let stored = reader
            .document_at(NAME, At::Revision(number))
            .expect("a store");
        let stored = stored.expect("a revision");
        let snapshot = compile_definitions(&stored.definitions).expect("a document");
        for ((key, unit, group), wanted) in answers {
            assert_eq!(
                variant(&snapshot, key, &unit, group),
                wanted,
                "{number} {key} {unit} {group}"
            );
            samples += 1;
        }
    }
    assert!(samples > 10_000, "{samples}");
}

/// The answers of a snapshot for some units.
fn answers(snapshot: &Arc<fanion::snapshot::Snapshot>, random: &mut Random) -> Answers {
    let mut answers = Answers::new();
    for _ in 0..50 {
        let unit = format!("user-{}", random.below(100_000));
        for key in ["pay", "api"] {
            for group in ["staff", "none"] {
                let answer = variant(snapshot, key, &unit, group);
                answers.insert((key, unit.clone(), group), answer);
            }
        }
    }
    answers
}

//! Counts of units, against a count of all raw events.

use std::collections::BTreeMap;

use fanion::evidence::arm_counts::ArmCounts;
use fanion::evidence::counting::lane::Arm;
use fanion::evidence::counting::lane::Lane;
use fanion::evidence::counting::unit_sample::UnitSample;
use fanion::evidence::counting::unit_sample::unit_hash;
use fanion::evidence::simulation::random::RandomStream;

fn arm(unit: u64) -> Arm {
    if unit.is_multiple_of(10) {
        Arm::Treatment
    } else {
        Arm::Control
    }
}

fn one(arm: Arm) -> ArmCounts {
    match arm {
        Arm::Control => ArmCounts::new(1, 0),
        Arm::Treatment => ArmCounts::new(0, 1),
    }
}

fn hash(unit: u64) -> u64 {
    unit_hash(&format!("user-{unit}"))
}

#[test]
fn a_unit_counts_once_per_stage() {
    let mut sample = UnitSample::new(100);
    for t in 0..5 {
        sample.expose(hash(1), Lane::Share, Arm::Treatment, t);
        sample.expose(hash(2), Lane::Share, Arm::Control, t);
        sample.fail(hash(1), Lane::Share, t);
    }
    let look = sample.take_look(5);
    assert_eq!(
        look.first_failures.at_risk.both(),
        Some(ArmCounts::new(1, 1))
    );
    assert_eq!(
        look.first_failures.failed.both(),
        Some(ArmCounts::new(0, 1))
    );
    assert_eq!(look.events.failed.both(), Some(ArmCounts::new(0, 5)));
    sample.fail(hash(1), Lane::Share, 6);
    let look = sample.take_look(10);
    assert_eq!(
        look.first_failures.at_risk.both(),
        Some(ArmCounts::new(1, 0))
    );
    assert_eq!(
        look.first_failures.failed.both(),
        Some(ArmCounts::default())
    );
    assert_eq!(look.new_units.at_risk.both(), Some(ArmCounts::default()));
}

#[test]
fn rings_and_allow_lists_are_in_no_arm() {
    let mut sample = UnitSample::new(100);
    sample.expose(hash(1), Lane::Ring, Arm::Treatment, 0);
    sample.expose(hash(2), Lane::Allow, Arm::Treatment, 0);
    sample.fail(hash(1), Lane::Ring, 1);
    sample.fail(hash(9), Lane::Share, 1);
    assert_eq!(sample.take_look(5).exposed, ArmCounts::default());
    assert_eq!(
        (sample.ignored.other_lanes, sample.ignored.unexposed),
        (3, 1)
    );
}

#[test]
fn unit_in_both_arms_stays_in_the_first_one() {
    let mut sample = UnitSample::new(100);
    sample.expose(hash(1), Lane::Share, Arm::Control, 0);
    sample.expose(hash(1), Lane::Share, Arm::Treatment, 1);
    assert_eq!(sample.take_look(5).exposed, ArmCounts::new(1, 0));
    assert_eq!(sample.ignored.switched, 1);
}

/// The raw events of 20 replicas: an outcome counts if its replica saw the unit before.
struct RawEvents {
    replicas: Vec<UnitSample>,
    first: BTreeMap<u64, (u32, Option<u32>)>,
}

fn raw_events(capacity: usize, units: u64) -> RawEvents {
    let mut random = RandomStream::new(3, 0);
    let mut seen = vec![BTreeMap::new(); 20];
    let mut raw = RawEvents {
        replicas: vec![UnitSample::new(capacity); 20],
        first: BTreeMap::new(),
    };
    for t in 0..20_000 {
        let unit = random.bits() % units;
        let replica = usize::try_from(random.bits() % 20).unwrap();
        let sample = &mut raw.replicas[replica];
        if random.chance(0.8) {
            sample.expose(hash(unit), Lane::Share, arm(unit), t);
            seen[replica].entry(unit).or_insert(t);
            raw.first.entry(unit).or_insert((t, None));
        } else {
            sample.fail(hash(unit), Lane::Share, t);
            if seen[replica].contains_key(&unit) {
                let (_, failed) = raw.first.get_mut(&unit).unwrap();
                failed.get_or_insert(t);
            }
        }
    }
    raw
}

#[test]
fn merged_replicas_equal_a_count_of_all_events() {
    for capacity in [100_000, 150] {
        let raw = raw_events(capacity, 3_000);
        let mut merged = UnitSample::new(capacity);
        for replica in &raw.replicas {
            merged.merge(replica);
        }
        // A replica that reports again changes nothing.
        merged.merge(&raw.replicas[7]);
        let kept = raw
            .first
            .iter()
            .filter(|(unit, _)| hash(**unit) <= merged.threshold());
        let (mut exposed, mut failed) = (ArmCounts::default(), ArmCounts::default());
        for (unit, (_, failure)) in kept {
            exposed = exposed.plus(one(arm(*unit)));
            if failure.is_some() {
                failed = failed.plus(one(arm(*unit)));
            }
        }
        let look = merged.take_look(20_000);
        assert_eq!(
            look.first_failures.at_risk.both(),
            Some(exposed),
            "{capacity}"
        );
        assert_eq!(
            look.first_failures.failed.both(),
            Some(failed),
            "{capacity}"
        );
        assert!(
            merged.len() <= capacity && merged.len() > 50,
            "{}",
            merged.len()
        );
        assert!(failed.control > 0 && failed.treatment > 0);
    }
}

#[test]
fn units_stay_bounded_and_the_sample_is_blind_to_outcomes() {
    let mut sample = UnitSample::new(1_000);
    for unit in 0..100_000 {
        sample.expose(hash(unit), Lane::Share, arm(unit), 0);
        if unit % 7 == 0 {
            sample.fail(hash(unit), Lane::Share, 0);
        }
        assert!(sample.len() <= 1_000);
    }
    let look = sample.take_look(1);
    let kept = (0..100_000).filter(|unit| hash(*unit) <= sample.threshold());
    let kept: Vec<u64> = kept.collect();
    let failed = kept.iter().filter(|unit| **unit % 7 == 0).count() as u64;
    assert_eq!(look.exposed.total(), kept.len() as u64);
    assert_eq!(look.first_failures.failed.both().unwrap().total(), failed);
}

#[test]
fn sample_hash_is_that_of_all_releases() {
    // Replicas and control planes of several releases merge their samples: another hash would count units twice.
    assert_eq!(unit_hash("user-1"), 165_559_568_679_134_113);
}

//! A sample of the units of a stage: those whose hash lies below a threshold.
//!
//! The threshold depends on the number of units alone, so the sample is blind to outcomes. All replicas use the same hash
//! and threshold, so their samples can be merged by unit, and no unit counts twice.

use std::collections::HashMap;

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::arm_counts::LookCounts;
use crate::evidence::counting::lane::Arm;
use crate::evidence::counting::lane::Lane;
use crate::evidence::counting::unit_record::UnitRecord;

/// The seed of the hash. It is not that of the buckets: a sample by bucket would contain one arm only.
const SAMPLE_SEED: u32 = 0x5a3c_e1d7;

/// Returns the hash that identifies a unit, and decides whether it is in a sample.
pub fn unit_hash(unit: &str) -> u64 {
    // Reading from memory does not fail.
    let hash = murmur3::murmur3_x64_128(&mut unit.as_bytes(), SAMPLE_SEED).unwrap_or_default();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "half of the hash is enough"
    )]
    let half = hash as u64;
    half
}

/// The units of a stage.
#[derive(Debug, Clone)]
pub struct UnitSample {
    units: HashMap<u64, UnitRecord>,
    capacity: usize,
    /// A unit is kept if its hash is at most this.
    threshold: u64,
    /// Kept units that have not failed before the last look.
    at_risk: ArmCounts,
    /// Kept units that have failed since the last look.
    failed: ArmCounts,
    /// Kept units whose first exposure is after the last look, and those of them that have failed.
    fresh: ArmCounts,
    fresh_failed: ArmCounts,
    /// Outcomes of kept units since the last look.
    events: ArmCounts,
    /// Kept units.
    exposed: ArmCounts,
    look_began: u32,
    /// Reports that were left out.
    pub ignored: IgnoredReports,
}

/// Counts of reports that are not evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IgnoredReports {
    /// Exposures outside of the randomised lane, and outcomes of units of such lanes.
    pub other_lanes: u64,
    /// Outcomes of units that were not exposed before.
    pub unexposed: u64,
    /// Exposures of a unit in the other arm than before. The unit stays in its first arm.
    pub switched: u64,
}

/// The counts of a look, for each kind of test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampledLook {
    /// Units at risk and first failures, for comparisons.
    pub first_failures: LookCounts,
    /// New units and those of them that have failed, for limits.
    pub new_units: LookCounts,
    /// Units and outcomes, for bets on events.
    pub events: LookCounts,
    /// All kept units, for the assignment check.
    pub exposed: ArmCounts,
}

impl UnitSample {
    /// An empty sample of at most `capacity` units, at least 1.
    pub fn new(capacity: usize) -> UnitSample {
        UnitSample {
            units: HashMap::new(),
            capacity: capacity.max(1),
            threshold: u64::MAX,
            at_risk: ArmCounts::default(),
            failed: ArmCounts::default(),
            fresh: ArmCounts::default(),
            fresh_failed: ArmCounts::default(),
            events: ArmCounts::default(),
            exposed: ArmCounts::default(),
            look_began: 0,
            ignored: IgnoredReports::default(),
        }
    }

    /// The number of units.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Returns true without units.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The largest hash that is kept.
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Counts an exposure.
    pub fn expose(&mut self, unit: u64, lane: Lane, arm: Arm, t: u32) {
        if lane != Lane::Share {
            self.ignored.other_lanes += 1;
            return;
        }
        if unit > self.threshold {
            return;
        }
        if let Some(known) = self.units.get(&unit) {
            self.ignored.switched += u64::from(known.arm != arm);
            return;
        }
        let record = UnitRecord {
            arm,
            exposed: t,
            failed: None,
            counted: false,
        };
        self.insert(unit, record);
    }

    fn insert(&mut self, unit: u64, record: UnitRecord) {
        self.units.insert(unit, record);
        self.add(&record);
        while self.units.len() > self.capacity {
            self.limit_to(self.threshold / 2);
        }
    }

    /// Counts an outcome: a failure, or for a wanted outcome a success.
    pub fn fail(&mut self, unit: u64, lane: Lane, t: u32) {
        if lane != Lane::Share {
            self.ignored.other_lanes += 1;
            return;
        }
        if unit > self.threshold {
            return;
        }
        let Some(mut record) = self.units.get(&unit).copied() else {
            self.ignored.unexposed += 1;
            return;
        };
        self.events = self.events.plus(record.as_count());
        if record.failed.is_none() {
            self.remove(&record);
            record.failed = Some(t);
            self.add(&record);
            self.units.insert(unit, record);
        }
    }

    /// Adds the units of another replica. A unit that both know keeps its earliest exposure and its earliest failure.
    pub fn merge(&mut self, other: &UnitSample) {
        if other.threshold < self.threshold {
            self.limit_to(other.threshold);
        }
        for (unit, theirs) in &other.units {
            if *unit > self.threshold {
                continue;
            }
            let theirs = UnitRecord {
                counted: false,
                ..*theirs
            };
            let Some(ours) = self.units.get(unit).copied() else {
                self.insert(*unit, theirs);
                continue;
            };
            self.ignored.switched += u64::from(ours.arm != theirs.arm);
            let first = if theirs.exposed < ours.exposed {
                theirs
            } else {
                ours
            };
            let failures = [ours.failed, theirs.failed].into_iter().flatten();
            let merged = UnitRecord {
                failed: failures.min(),
                counted: ours.counted,
                ..first
            };
            self.remove(&ours);
            self.add(&merged);
            self.units.insert(*unit, merged);
        }
    }

    /// Drops the units above a threshold, such as that of the control plane.
    pub fn limit_to(&mut self, threshold: u64) {
        let dropped = self.units.extract_if(|unit, _| *unit > threshold);
        let dropped: Vec<UnitRecord> = dropped.map(|(_, record)| record).collect();
        for record in &dropped {
            self.remove(record);
        }
        self.threshold = self.threshold.min(threshold);
    }

    /// Returns the counts since the last look and begins the next interval.
    pub fn take_look(&mut self, t: u32) -> SampledLook {
        let at = u64::from(t);
        let look = SampledLook {
            first_failures: LookCounts::new(at, self.at_risk, self.failed),
            new_units: LookCounts::new(at, self.fresh, self.fresh_failed),
            events: LookCounts::new(at, self.exposed, self.events),
            exposed: self.exposed,
        };
        if self.failed.total() > 0 {
            for record in self.units.values_mut() {
                record.counted |= record.failed.is_some();
            }
        }
        self.at_risk = self.at_risk.minus(self.failed);
        (self.failed, self.fresh, self.fresh_failed, self.events) = Default::default();
        self.look_began = t;
        look
    }

    fn add(&mut self, record: &UnitRecord) {
        self.change(record, ArmCounts::plus);
    }

    fn remove(&mut self, record: &UnitRecord) {
        self.change(record, ArmCounts::minus);
    }

    /// Adds a record to the counts, or takes it out.
    fn change(&mut self, record: &UnitRecord, apply: fn(ArmCounts, ArmCounts) -> ArmCounts) {
        let one = record.as_count();
        let failed = record.failed.is_some();
        self.exposed = apply(self.exposed, one);
        if !record.counted {
            self.at_risk = apply(self.at_risk, one);
        }
        if failed && !record.counted {
            self.failed = apply(self.failed, one);
        }
        if record.exposed >= self.look_began {
            self.fresh = apply(self.fresh, one);
            if failed {
                self.fresh_failed = apply(self.fresh_failed, one);
            }
        }
    }
}

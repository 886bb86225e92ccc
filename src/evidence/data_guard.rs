//! Checks of counts before they count: whole numbers, bounds, order in time, vanished arms, counter resets, and settle
//! windows. A look is refused as a whole, so outcomes never decide which of its numbers are used.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::arm_counts::ArmSeries;
use crate::evidence::arm_counts::LookCounts;
use crate::evidence::state_values::MAX_COUNT;
use crate::evidence::state_values::StateValues;
use crate::evidence::verdict::InvalidReason;

/// The units that an empty arm should have had before it counts as vanished. The chance of so many missing is 2e-9.
const MISSED_UNITS: f64 = 20.0;

/// The counts of a look after the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedCounts {
    /// Counts to use.
    Counts(ArmCounts, ArmCounts),
    /// No units in an arm, which may be chance.
    NoData,
    /// A contradiction.
    Invalid(InvalidReason),
}

/// The demands of a guardrail on its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountDemands {
    /// The control must have counts, too.
    pub control: bool,
    /// No more failures than units at risk.
    pub bounded: bool,
}

/// What the checks remember of earlier looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DataGuard {
    /// The time of the last look plus 1; 0 before the first.
    pub after: u64,
    /// The share of the treatment at the last look with both arms; 0 before.
    pub share: f64,
    /// Units that the empty arm should have had since.
    pub missed: f64,
}

impl DataGuard {
    /// Checks a look.
    pub fn check(&mut self, look: &LookCounts, demands: CountDemands) -> CheckedCounts {
        if look.t < self.after {
            return CheckedCounts::Invalid(InvalidReason::TimeReversed);
        }
        self.after = look.t.saturating_add(1);
        if look.at_risk.is_empty() || look.failed.is_empty() {
            return CheckedCounts::NoData;
        }
        let lacks_control = look.at_risk.control.is_none() || look.failed.control.is_none();
        let has_control = look.at_risk.control.is_some() || look.failed.control.is_some();
        if lacks_control && has_control {
            return CheckedCounts::Invalid(InvalidReason::ArmVanished);
        }
        let (Some(at_risk), Some(failed)) = (
            complete(look.at_risk, demands),
            complete(look.failed, demands),
        ) else {
            return CheckedCounts::Invalid(InvalidReason::ArmVanished);
        };
        if let Some(reason) = contradiction(at_risk, failed, demands) {
            return CheckedCounts::Invalid(reason);
        }
        if self.has_vanished(at_risk) {
            return CheckedCounts::Invalid(InvalidReason::ArmVanished);
        }
        let empty = at_risk.treatment == 0 || (demands.control && at_risk.control == 0);
        if empty {
            CheckedCounts::NoData
        } else {
            CheckedCounts::Counts(at_risk, failed)
        }
    }

    /// Returns true if an arm that had units has none although many were to be expected.
    fn has_vanished(&mut self, at_risk: ArmCounts) -> bool {
        if let Some(share) = at_risk.treatment_share() {
            self.share = share;
            self.missed = 0.0;
            return false;
        }
        if self.share > 0.0 {
            let of_treatment = at_risk.control as f64 * self.share / (1.0 - self.share);
            let of_control = at_risk.treatment as f64 * (1.0 - self.share) / self.share;
            self.missed = (self.missed + of_treatment + of_control).min(1e9);
        }
        self.missed >= MISSED_UNITS
    }
}

/// Returns the counts, with zeros for a control that is not demanded.
fn complete(series: ArmSeries, demands: CountDemands) -> Option<ArmCounts> {
    if demands.control {
        return series.both();
    }
    let treatment = series.treatment?;
    Some(ArmCounts::new(series.control.unwrap_or(0), treatment))
}

fn contradiction(
    at_risk: ArmCounts,
    failed: ArmCounts,
    demands: CountDemands,
) -> Option<InvalidReason> {
    let largest = at_risk.total().max(failed.total());
    if largest > MAX_COUNT {
        return Some(InvalidReason::NotACount);
    }
    let within = failed.control <= at_risk.control && failed.treatment <= at_risk.treatment;
    (demands.bounded && !within).then_some(InvalidReason::MoreFailedThanAtRisk)
}

/// Returns a measured number as a count.
///
/// # Errors
/// If it is negative, fractional, not finite, or too large to be exact.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the condition allows whole numbers below 2^53 only"
)]
pub fn whole_number(value: f64) -> Result<u64, InvalidReason> {
    let whole = (0.0..=MAX_COUNT as f64).contains(&value) && libm::trunc(value) == value;
    whole
        .then_some(value as u64)
        .ok_or(InvalidReason::NotACount)
}

/// The growth of a counter between two scrapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Increment {
    /// What was counted.
    pub count: u64,
    /// True if the counter began again at zero. What it counted between the last scrape and its end is lost.
    pub reset: bool,
}

/// Returns the growth of a counter. A series that was not there before, of a target that was, began at zero.
pub fn increment(before: Option<u64>, now: u64) -> Increment {
    match before {
        Some(before) if before <= now => Increment {
            count: now - before,
            reset: false,
        },
        Some(_) => Increment {
            count: now,
            reset: true,
        },
        None => Increment {
            count: now,
            reset: false,
        },
    }
}

/// The time after a change of the rollout in which looks are left out, because caches and long requests still mix the
/// arms. It depends on the time alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SettleWindow {
    /// The first second that counts.
    pub until: u64,
}

impl SettleWindow {
    /// A window of `seconds` after a change.
    pub fn after_change(changed_at: u64, seconds: u64) -> SettleWindow {
        SettleWindow {
            until: changed_at.saturating_add(seconds),
        }
    }

    /// Returns true if the whole interval `(from, t]` lies behind the window.
    pub fn admits(self, from: u64) -> bool {
        from >= self.until
    }
}

impl StateValues for DataGuard {
    fn write_values(&self, out: &mut Vec<f64>) {
        self.after.write_values(out);
        self.share.write_values(out);
        self.missed.write_values(out);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<DataGuard> {
        Some(DataGuard {
            after: StateValues::read_values(values)?,
            share: StateValues::read_values(values)?,
            missed: StateValues::read_values(values)?,
        })
    }
}

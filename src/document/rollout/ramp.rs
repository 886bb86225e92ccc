//! `Ramp`: a percentage that grows with time in stages, or shrinks in reverse.
//!
//! Some evaluators cannot compute weights, so a ramp is a step function: each stage has a constant share, and the rule
//! compares the time with the stages. A unit's bucket does not depend on the stage, so that a larger share includes a
//! smaller one.

use crate::document::rollout::percentage::Percentage;

/// A ramp from 0 % to a share, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ramp {
    /// The start, in seconds since 1970 in UTC.
    pub from: i64,
    /// The end; after `from`.
    pub to: i64,
    /// The shape of the growth.
    pub shape: RampShape,
    /// True if the ramp decreases: at `from + x` the share is that of the growing ramp at `to - x`.
    pub reverse: bool,
}

/// The shape of a ramp's growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RampShape {
    /// This number of equal steps. Step `i` of `n` is taken when `i/n` of the time has passed.
    Linear(Option<u32>),
    /// 1 %, 2 %, 4 % and so on; the first at the start, the last at the end, at equal intervals.
    Doubling,
}

/// The maximum number of steps of a linear ramp.
pub const MAX_STEPS: u32 = 1000;
/// The default number of steps of a linear ramp.
pub const DEFAULT_STEPS: u32 = 100;

impl Ramp {
    /// The share before the first stage, and the start and share of each stage.
    pub fn stages(&self, target: Percentage) -> (Percentage, Vec<(i64, Percentage)>) {
        let up = match self.shape {
            RampShape::Linear(steps) => self.linear_stages(target, steps.unwrap_or(DEFAULT_STEPS)),
            RampShape::Doubling => self.doubling_stages(target),
        };
        if !self.reverse {
            return (Percentage::NONE, up);
        }
        let before = up.last().map_or(target, |(_, share)| *share);
        let mut share = Percentage::NONE;
        let down = up.into_iter().map(|(at, above)| {
            (
                self.from + self.to - at,
                std::mem::replace(&mut share, above),
            )
        });
        let mut down: Vec<_> = down.collect();
        down.reverse();
        (before, down)
    }

    /// The share at a time, in seconds since 1970.
    pub fn share_at(&self, target: Percentage, now: i64) -> Percentage {
        let (before, stages) = self.stages(target);
        let passed = stages.iter().rev().find(|(at, _)| *at <= now);
        passed.map_or(before, |(_, share)| *share)
    }

    fn linear_stages(&self, target: Percentage, steps: u32) -> Vec<(i64, Percentage)> {
        let span = self.to - self.from;
        let steps = steps.min(u32::try_from(span).unwrap_or(u32::MAX)).max(1);
        let steps = steps.min(target.weight().max(1));
        let step = |i: u32| {
            // Rounded up, so that the steps are never ahead of the line.
            let late = (span * i64::from(i) + i64::from(steps) - 1) / i64::from(steps);
            (self.from + late, target.scale(i, steps))
        };
        (1..=steps).map(step).collect()
    }

    fn doubling_stages(&self, target: Percentage) -> Vec<(i64, Percentage)> {
        let rungs = (0..7).map(|i| Percentage::from_thousandths(1000 << i));
        let mut shares: Vec<Percentage> = rungs.take_while(|share| *share < target).collect();
        shares.push(target);
        let last = i64::try_from(shares.len() - 1).unwrap_or(1).max(1);
        let span = self.to - self.from;
        let times = (0..).map(|i: i64| self.from + span * i / last);
        times.zip(shares).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(ramp: Ramp, target: u32) -> Vec<(i64, f64)> {
        let (before, stages) = ramp.stages(Percentage::from_thousandths(target));
        let first = std::iter::once((i64::MIN, before));
        first
            .chain(stages)
            .map(|(at, share)| (at, share.percent()))
            .collect()
    }

    #[test]
    fn doubling_ramp_doubles_at_equal_intervals_up_to_100() {
        let ramp = Ramp {
            from: 0,
            to: 700,
            shape: RampShape::Doubling,
            reverse: false,
        };
        let want = [
            (i64::MIN, 0.0),
            (0, 1.0),
            (100, 2.0),
            (200, 4.0),
            (300, 8.0),
            (400, 16.0),
            (500, 32.0),
            (600, 64.0),
            (700, 100.0),
        ];
        assert_eq!(stages(ramp, 100_000), want);
        assert_eq!(stages(ramp, 500), [(i64::MIN, 0.0), (0, 0.5)]);
    }

    #[test]
    fn reversed_ramp_in_two_steps_is_100_50_0() {
        let ramp = Ramp {
            from: 1000,
            to: 1200,
            shape: RampShape::Linear(Some(2)),
            reverse: true,
        };
        assert_eq!(
            stages(ramp, 100_000),
            [(i64::MIN, 100.0), (1000, 50.0), (1100, 0.0)]
        );
    }

    #[test]
    fn stepped_ramp_stays_below_the_line_and_ends_at_target() {
        for (steps, span) in [(1, 7), (3, 10), (100, 99), (1000, 86_400), (7, 1)] {
            let ramp = Ramp {
                from: 50,
                to: 50 + span,
                shape: RampShape::Linear(Some(steps)),
                reverse: false,
            };
            for target in [1, 999, 33_333, 100_000] {
                let target = Percentage::from_thousandths(target);
                for now in 40..(60 + span).min(4000) {
                    let line = target.percent() * ((now - 50) as f64 / span as f64).clamp(0.0, 1.0);
                    assert!(
                        ramp.share_at(target, now).percent() <= line + 1e-9,
                        "{ramp:?} at {now}"
                    );
                }
                assert_eq!(ramp.share_at(target, 50 + span), target);
            }
        }
    }
}

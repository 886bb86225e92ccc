//! Error counters of pods that restart, as Prometheus scrapes them once per minute.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::data_guard;
use crate::evidence::simulation::random::RandomStream;

/// The number of pods.
const PODS: usize = 10;

/// The chance of a restart per pod and minute.
const RESTART: f64 = 1.0 / 180.0;

/// A series for each pod and arm. A series exists from the first error of the pod on.
#[derive(Debug, Clone, Default)]
pub struct PodCounters {
    series: [[Option<u64>; 2]; PODS],
}

/// The errors of a minute, as two ways of reading the counters count them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScrapedErrors {
    /// With births counted from zero.
    pub with_births: ArmCounts,
    /// As `increase()` does: the first value of a series is not an increase.
    pub without_births: ArmCounts,
}

impl PodCounters {
    /// Counts the errors of a minute and scrapes. Errors before a restart in the same minute are lost.
    pub fn scrape(&mut self, errors: ArmCounts, random: &mut RandomStream) -> ScrapedErrors {
        let before = self.series;
        let restarts = [(); PODS].map(|()| random.chance(RESTART).then(|| random.uniform()));
        for (pod, restart) in self.series.iter_mut().zip(restarts) {
            if restart.is_some() {
                *pod = [None; 2];
            }
        }
        for (arm, count) in [errors.control, errors.treatment].into_iter().enumerate() {
            for _ in 0..count {
                self.count_error(arm, &restarts, random);
            }
        }
        self.read(&before)
    }

    fn count_error(
        &mut self,
        arm: usize,
        restarts: &[Option<f64>; PODS],
        random: &mut RandomStream,
    ) {
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is small")]
        let pod = (random.bits() % PODS as u64) as usize;
        let lost = restarts
            .get(pod)
            .copied()
            .flatten()
            .is_some_and(|at| random.uniform() < at);
        let series = self.series.get_mut(pod).and_then(|pod| pod.get_mut(arm));
        if let Some(series) = series
            && !lost
        {
            *series = Some(series.unwrap_or(0) + 1);
        }
    }

    fn read(&self, before: &[[Option<u64>; 2]; PODS]) -> ScrapedErrors {
        let mut read = ScrapedErrors::default();
        for (pod, before) in self.series.iter().zip(before) {
            let grown = |arm: usize| {
                let (now, before) = (
                    pod.get(arm).copied().flatten(),
                    before.get(arm).copied().flatten(),
                );
                let grown = now.map_or(0, |now| data_guard::increment(before, now).count);
                (grown, if before.is_none() { 0 } else { grown })
            };
            let (control, treatment) = (grown(0), grown(1));
            read.with_births = read
                .with_births
                .plus(ArmCounts::new(control.0, treatment.0));
            read.without_births = read
                .without_births
                .plus(ArmCounts::new(control.1, treatment.1));
        }
        read
    }
}

//! The traffic of a run, minute by minute: the counts of units, of events, and of what a dashboard shows.

use std::collections::VecDeque;

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::simulation::pod_counters::PodCounters;
use crate::evidence::simulation::random::RandomStream;
use crate::evidence::simulation::scenario::ErrorPattern;
use crate::evidence::simulation::scenario::MINUTES;
use crate::evidence::simulation::scenario::REPEATS;
use crate::evidence::simulation::scenario::TrafficSetting;
use crate::evidence::simulation::user_population::UserPopulation;

/// The share of units that buy.
const PURCHASE_RATE: f64 = 0.05;

/// The share of failing units in an outage, and its minutes.
const OUTAGE_RATE: f64 = 0.3;
const OUTAGE: std::ops::Range<usize> = 720..740;

/// The counts of a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SimulatedMinute {
    /// The minute of the day.
    pub index: usize,
    /// The stage, and the share of the treatment in it.
    pub stage: (usize, f64),
    /// Units that are new in the stage.
    pub exposed: ArmCounts,
    /// Units that came in this minute.
    pub active: ArmCounts,
    /// Units of the stage that have not failed before, and those that fail.
    pub at_risk: ArmCounts,
    /// Units that fail for the first time.
    pub failed: ArmCounts,
    /// Units of the stage that have not bought before.
    pub may_buy: ArmCounts,
    /// Units that buy for the first time.
    pub bought: ArmCounts,
    /// Requests of the randomised lane.
    pub requests: ArmCounts,
    /// Error events of the randomised lane.
    pub errors: ArmCounts,
    /// Requests as a dashboard shows them.
    pub seen_requests: ArmCounts,
    /// Error events as a dashboard shows them.
    pub seen_errors: ArmCounts,
}

/// The traffic of a run.
#[derive(Debug, Clone)]
pub struct SimulatedTraffic {
    setting: TrafficSetting,
    random: RandomStream,
    phase: f64,
    users: Option<UserPopulation>,
    not_failed: ArmCounts,
    not_bought: ArmCounts,
    failing: VecDeque<(ArmCounts, ArmCounts)>,
    pods: PodCounters,
    index: usize,
}

impl SimulatedTraffic {
    /// The traffic of one run.
    pub fn new(setting: TrafficSetting, mut random: RandomStream) -> SimulatedTraffic {
        let errors = setting.units_per_minute * setting.base_rate;
        let (_, share) = setting.stage(0);
        let users = setting.users.map(|count| {
            UserPopulation::draw(count, share, setting.units_per_minute, errors, &mut random)
        });
        SimulatedTraffic {
            setting,
            phase: random.uniform(),
            random,
            users,
            not_failed: ArmCounts::default(),
            not_bought: ArmCounts::default(),
            failing: VecDeque::new(),
            pods: PodCounters::default(),
            index: 0,
        }
    }

    /// The factor of the daily cycle at a minute, shifted by a part of a day.
    fn daily_factor(&self, shift: f64) -> f64 {
        let day = self.index as f64 / MINUTES as f64 + shift;
        1.0 + self.setting.daily_cycle * libm::sin(core::f64::consts::TAU * day)
    }

    /// Fills in the units of a minute that come once.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the product is a small positive number"
    )]
    fn fresh_units(&mut self, minute: &mut SimulatedMinute) {
        let setting = self.setting;
        let total = libm::round(setting.units_per_minute * self.daily_factor(0.0)) as u64;
        let treatment = self.random.binomial(total, minute.stage.1);
        minute.exposed = ArmCounts::new(total - treatment, treatment);
        minute.active = minute.exposed;
        let outage = setting.outage && OUTAGE.contains(&self.index);
        let cycled = setting.base_rate * self.daily_factor(self.phase);
        let rate = if outage { OUTAGE_RATE } else { cycled };
        let regressed = self.index >= setting.effect.onset;
        let ratio = if regressed { setting.effect.ratio } else { 1.0 };
        minute.failed = self.successes(minute.exposed, rate, rate * ratio);
        minute.bought = self.successes(minute.exposed, PURCHASE_RATE, PURCHASE_RATE);
    }

    fn successes(&mut self, units: ArmCounts, control: f64, treatment: f64) -> ArmCounts {
        ArmCounts {
            control: self.random.binomial(units.control, control),
            treatment: self.random.binomial(units.treatment, treatment.min(1.0)),
        }
    }

    /// Fills in requests and error events.
    fn events(&mut self, minute: &mut SimulatedMinute) {
        minute.requests = minute.active;
        minute.errors = match (&self.users, self.setting.errors) {
            (Some(users), _) => {
                let [control, treatment] = users.error_rates;
                minute.requests = users.requests(self.setting.units_per_minute);
                ArmCounts {
                    control: self.random.poisson(control),
                    treatment: self.random.poisson(treatment),
                }
            }
            (None, ErrorPattern::Single) => minute.failed,
            (None, ErrorPattern::Clusters(mean)) => ArmCounts {
                control: clusters(&mut self.random, minute.failed.control, mean),
                treatment: clusters(&mut self.random, minute.failed.treatment, mean),
            },
            (None, ErrorPattern::Repeated) => {
                self.failing.push_back((minute.active, minute.failed));
                if self.failing.len() > REPEATS {
                    self.failing.pop_front();
                }
                let sum = |sum: ArmCounts, of: &ArmCounts| sum.plus(*of);
                let active = self.failing.iter().map(|(active, _)| active);
                minute.requests = active.fold(ArmCounts::default(), sum);
                let failing = self.failing.iter().map(|(_, failing)| failing);
                failing.fold(ArmCounts::default(), sum)
            }
        };
        self.dashboard(minute);
    }

    /// Fills in what a dashboard shows: all lanes, and counters as they are scraped.
    fn dashboard(&mut self, minute: &mut SimulatedMinute) {
        (minute.seen_requests, minute.seen_errors) = (minute.requests, minute.errors);
        if self.setting.pods {
            let scraped = self.pods.scrape(minute.errors, &mut self.random);
            minute.errors = scraped.with_births;
            minute.seen_errors = scraped.without_births;
        }
        let staff = self.setting.staff_per_minute;
        let errors = self.random.binomial(staff, 3.0 * self.setting.base_rate);
        minute.seen_requests.treatment += staff;
        minute.seen_errors.treatment += errors;
    }
}

fn clusters(random: &mut RandomStream, units: u64, mean: f64) -> u64 {
    (0..units).map(|_| random.geometric(mean)).sum()
}

impl Iterator for SimulatedTraffic {
    type Item = SimulatedMinute;

    fn next(&mut self) -> Option<SimulatedMinute> {
        if self.index >= MINUTES {
            return None;
        }
        let stage = self.setting.stage(self.index);
        if self.index > 0 && self.setting.stage(self.index - 1).0 != stage.0 {
            (self.not_failed, self.not_bought) = Default::default();
        }
        let mut minute = SimulatedMinute {
            index: self.index,
            stage,
            ..SimulatedMinute::default()
        };
        let of_users = self
            .users
            .as_ref()
            .and_then(|users| users.minutes.get(self.index));
        if let Some(counts) = of_users.copied() {
            minute.exposed = counts.exposed;
            minute.failed = counts.failed;
            minute.bought = counts.bought;
        } else {
            self.fresh_units(&mut minute);
        }
        minute.at_risk = self.not_failed.plus(minute.exposed);
        minute.may_buy = self.not_bought.plus(minute.exposed);
        if self.users.is_some() {
            minute.active = minute.at_risk;
        }
        self.not_failed = minute.at_risk.minus(minute.failed);
        self.not_bought = minute.may_buy.minus(minute.bought);
        self.events(&mut minute);
        self.index += 1;
        Some(minute)
    }
}

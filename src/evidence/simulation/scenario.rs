//! The cases that production has, as settings of the simulated traffic.

/// Minutes of a simulated rollout.
pub const MINUTES: usize = 24 * 60;

/// A case in which control and treatment are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Each unit comes once.
    Independent,
    /// Traffic and error rate rise and fall by 80 % over a day.
    DailyCycle,
    /// The share grows from 1 % over 10 and 25 to 50 %.
    Ramp,
    /// A failing unit has three error events on average.
    Clusters3,
    /// A failing unit has ten error events on average.
    Clusters10,
    /// A failing session has an error in each of eight minutes.
    FailingSessions,
    /// 1,000 users stay all day, with error rates of a coefficient of variation of 2.
    UnequalUsers,
    /// 10,000 such users, of which 1 % have the treatment.
    SmallShare,
    /// Staff with three times as many errors have the treatment, outside of the randomised lane.
    StaffRing,
    /// Counters of ten pods that restart every three hours, whose series appear with the first error.
    LateSeries,
    /// 30 % of all units fail for 20 minutes.
    SharedOutage,
}

impl Scenario {
    /// All scenarios, in the order of the tables.
    pub const ALL: [Scenario; 11] = [
        Scenario::Independent,
        Scenario::DailyCycle,
        Scenario::Ramp,
        Scenario::Clusters3,
        Scenario::Clusters10,
        Scenario::FailingSessions,
        Scenario::UnequalUsers,
        Scenario::SmallShare,
        Scenario::StaffRing,
        Scenario::LateSeries,
        Scenario::SharedOutage,
    ];

    /// The name in tables.
    pub fn title(self) -> &'static str {
        match self {
            Scenario::Independent => "independent units",
            Scenario::DailyCycle => "daily cycle ±80 %",
            Scenario::Ramp => "ramp 1-10-25-50 %",
            Scenario::Clusters3 => "clusters of 3 events",
            Scenario::Clusters10 => "clusters of 10 events",
            Scenario::FailingSessions => "sessions fail for 8 min",
            Scenario::UnequalUsers => "1,000 unequal users",
            Scenario::SmallShare => "1 % of 10,000 such users",
            Scenario::StaffRing => "staff ring, 3× errors",
            Scenario::LateSeries => "late series, restarts",
            Scenario::SharedOutage => "shared outage",
        }
    }

    /// Returns true if the errors of a unit fall into several intervals, which a bet on events does not allow.
    pub fn repeats_errors(self) -> bool {
        matches!(
            self,
            Scenario::FailingSessions | Scenario::UnequalUsers | Scenario::SmallShare
        )
    }

    /// The settings of the traffic.
    pub fn setting(self) -> TrafficSetting {
        let plain = TrafficSetting::default();
        match self {
            Scenario::Independent => plain,
            Scenario::DailyCycle => TrafficSetting {
                daily_cycle: 0.8,
                ..plain
            },
            Scenario::Ramp => TrafficSetting {
                stages: &RAMP,
                ..plain
            },
            Scenario::Clusters3 => TrafficSetting {
                errors: ErrorPattern::Clusters(3.0),
                ..plain
            },
            Scenario::Clusters10 => TrafficSetting {
                errors: ErrorPattern::Clusters(10.0),
                ..plain
            },
            Scenario::FailingSessions => TrafficSetting {
                errors: ErrorPattern::Repeated,
                ..plain
            },
            Scenario::UnequalUsers => TrafficSetting {
                users: Some(1_000),
                ..plain
            },
            Scenario::SmallShare => TrafficSetting {
                users: Some(10_000),
                stages: &ONE_PERCENT,
                ..plain
            },
            Scenario::StaffRing => TrafficSetting {
                staff_per_minute: 30,
                ..plain
            },
            Scenario::LateSeries => TrafficSetting {
                pods: true,
                ..plain
            },
            Scenario::SharedOutage => TrafficSetting {
                outage: true,
                ..plain
            },
        }
    }
}

/// The first minute of each stage and its share.
type Stages = &'static [(usize, f64)];

const TEN_PERCENT: [(usize, f64); 1] = [(0, 0.1)];
const ONE_PERCENT: [(usize, f64); 1] = [(0, 0.01)];
const RAMP: [(usize, f64); 4] = [(0, 0.01), (360, 0.1), (720, 0.25), (1080, 0.5)];

/// The error events of a failing unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ErrorPattern {
    /// One.
    Single,
    /// Several in the same minute, with this mean.
    Clusters(f64),
    /// One in each of [`REPEATS`] minutes.
    Repeated,
}

/// Minutes for which a session fails.
pub const REPEATS: usize = 8;

/// Simulated traffic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrafficSetting {
    /// Units of the randomised lane per minute.
    pub units_per_minute: f64,
    /// The share of units that fail.
    pub base_rate: f64,
    /// The stages of the rollout.
    pub stages: Stages,
    /// The amplitude of the daily cycle.
    pub daily_cycle: f64,
    /// Users who stay, in place of units that come once.
    pub users: Option<usize>,
    /// The events of a failing unit.
    pub errors: ErrorPattern,
    /// Units of staff with the treatment.
    pub staff_per_minute: u64,
    /// Events are counted by pods that restart.
    pub pods: bool,
    /// All units share an outage at noon.
    pub outage: bool,
    /// The ratio of the treatment's error rate from a minute on.
    pub effect: SimulatedRegression,
}

/// A regression of the treatment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedRegression {
    /// The ratio of error rates; 1 for a healthy treatment.
    pub ratio: f64,
    /// The first minute with it.
    pub onset: usize,
}

impl Default for TrafficSetting {
    fn default() -> TrafficSetting {
        TrafficSetting {
            units_per_minute: 600.0,
            base_rate: 0.008,
            stages: &TEN_PERCENT,
            daily_cycle: 0.0,
            users: None,
            errors: ErrorPattern::Single,
            staff_per_minute: 0,
            pods: false,
            outage: false,
            effect: SimulatedRegression {
                ratio: 1.0,
                onset: 0,
            },
        }
    }
}

impl TrafficSetting {
    /// Returns the index of the stage of a minute, and its share.
    pub fn stage(&self, minute: usize) -> (usize, f64) {
        let stages = self.stages.iter().enumerate().rev();
        let mut begun = stages.filter(|(_, (first, _))| *first <= minute);
        begun
            .next()
            .map_or((0, 0.0), |(index, (_, share))| (index, *share))
    }
}

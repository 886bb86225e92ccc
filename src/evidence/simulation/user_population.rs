//! Users who stay all day and differ: each has a rate of errors and a rate of purchases, gamma-distributed.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::simulation::random::RandomStream;
use crate::evidence::simulation::scenario::MINUTES;

/// The shape of a gamma distribution with the coefficient of variation 2.
const SHAPE: f64 = 0.25;

/// Purchases per user and minute.
const PURCHASE_RATE: f64 = 0.0005;

/// The counts of a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserMinute {
    /// Users who are seen for the first time.
    pub exposed: ArmCounts,
    /// Users who fail for the first time.
    pub failed: ArmCounts,
    /// Users who buy for the first time.
    pub bought: ArmCounts,
}

/// The days of all users, by minute.
#[derive(Debug, Clone)]
pub struct UserPopulation {
    /// The counts of each minute.
    pub minutes: Vec<UserMinute>,
    /// Users in each arm.
    pub users: ArmCounts,
    /// The sum of the error rates of each arm, control first.
    pub error_rates: [f64; 2],
}

impl UserPopulation {
    /// Draws `count` users. All of them together have `requests` and `errors` per minute on average.
    pub fn draw(
        count: usize,
        share: f64,
        requests: f64,
        errors: f64,
        random: &mut RandomStream,
    ) -> Self {
        let mut population = UserPopulation {
            minutes: vec![UserMinute::default(); MINUTES],
            users: ArmCounts::default(),
            error_rates: [0.0; 2],
        };
        let count_f64 = count as f64;
        for _ in 0..count {
            let in_treatment = random.chance(share);
            let error_rate = errors / count_f64 * random.gamma(SHAPE);
            let exposed = random.exponential() * count_f64 / requests;
            let failed = exposed + random.exponential() / error_rate;
            let purchase_rate = PURCHASE_RATE * random.gamma(SHAPE);
            let bought = exposed + random.exponential() / purchase_rate;
            let one = if in_treatment {
                ArmCounts::new(0, 1)
            } else {
                ArmCounts::new(1, 0)
            };
            population.users = population.users.plus(one);
            let [control, treatment] = &mut population.error_rates;
            *(if in_treatment { treatment } else { control }) += error_rate;
            population.count(exposed, |minute| &mut minute.exposed, one);
            population.count(failed, |minute| &mut minute.failed, one);
            population.count(bought, |minute| &mut minute.bought, one);
        }
        population
    }

    /// Returns the requests per minute of each arm, of `all` together.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the product is a small positive number"
    )]
    pub fn requests(&self, all: f64) -> ArmCounts {
        let each = all / self.users.total() as f64;
        let of = |users: u64| libm::round(users as f64 * each) as u64;
        ArmCounts::new(of(self.users.control), of(self.users.treatment))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the condition keeps the minute in range"
    )]
    fn count(
        &mut self,
        at: f64,
        field: impl Fn(&mut UserMinute) -> &mut ArmCounts,
        one: ArmCounts,
    ) {
        if at < MINUTES as f64
            && let Some(minute) = self.minutes.get_mut(at as usize)
        {
            let field = field(minute);
            *field = field.plus(one);
        }
    }
}

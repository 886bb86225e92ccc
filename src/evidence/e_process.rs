//! E-processes: products of factors whose mean is at most 1 if the treatment is healthy.
//!
//! By Ville's inequality, such a product reaches `1/alpha` at any time with a probability of at most alpha.

pub mod odds_factor;
pub mod start_mixture;
pub mod comparison;
pub mod share_bet;
pub mod must_not_fall;
pub mod health_proof;
pub mod breach_level;
pub mod absolute_limit;
pub mod latency_bracket;
pub mod assignment_check;
pub mod pre_check;
pub mod ratio_interval;

//! The statistics of rollouts: means under the null hypothesis, an oracle, hostile counts, counting, and `flagctl evidence`.

mod counting;
mod exact_means;
mod extreme_counts;
mod flagctl_events;
mod flagctl_plan;
mod flagctl_replay;
mod guards;
mod looks;
mod metamorphic;
mod recorded_series;
mod simulated_days;
mod threshold_rules;

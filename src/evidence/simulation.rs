//! Simulated rollouts, which measure how often rules are wrong and how fast they are.

pub mod interval;
pub mod random;
pub mod scenario;
pub mod pod_counters;
pub mod user_population;
pub mod traffic;
pub mod guarded_rollout;
pub mod oracle;
pub mod rival;
pub mod campaign;

//! Decisions of the engine in flags: the definition that serves an exposure, and the proof that it is published.

pub mod post_condition;
pub mod served_flag;

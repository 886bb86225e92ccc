//! Data of flagd: recorded answers and its public test suite.

pub mod recordings;
pub mod testbed;

//! OFREP: single and bulk evaluation, entity tags, the change stream.

pub mod change_stream;
pub mod evaluation;

//! The OFREP port: evaluation over plain HTTP, and its change stream.

pub mod change_stream;
pub mod normalize_path;
pub mod router;

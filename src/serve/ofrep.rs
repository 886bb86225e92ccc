//! The OFREP port: evaluation over plain HTTP, and its change stream.

pub mod change_stream;
pub mod etag;
pub mod evaluate;
pub mod normalize_path;
pub mod route;
pub mod router;

//! The synchronization primitives of the standard library, for files whose interleavings are tested.
//!
//! The test target `interleavings` compiles these files a second time, with primitives of the same names whose threads a
//! test schedules. A file that imports its primitives from here is tested as it is.

pub use std::sync::Condvar;
pub use std::sync::Mutex;
pub use std::sync::MutexGuard;
pub use std::sync::atomic;
pub use std::thread;

//! The message of a caught panic.

use std::any::Any;

/// Returns the message of a panic in one line, from its payload.
pub fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").replace(['\n', '\r'], " ")
}

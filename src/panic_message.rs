//! The message of a caught panic.

use std::any::Any;

/// Returns the message of a panic in one line, from its payload.
pub fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
        .replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_messages_are_static_or_formatted() {
        assert_eq!(panic_message(&"static"), "static");
        assert_eq!(panic_message(&"formatted".to_owned()), "formatted");
        assert_eq!(panic_message(&1), "a panic without a message");
    }
}

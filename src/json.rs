//! JSON text (RFC 8259): a zero-copy pull reader and writers.
//!
//! The reader parses flag documents and requests. It is strict: text that RFC 8259 does not allow is an error with a
//! byte offset. Where flagd reads a text with Go's `encoding/json`, which puts U+FFFD in the place of text that is not
//! Unicode, `lossy` does the same before the reader.

mod error;
mod escape;
mod lossy;
mod reader;
mod sequence;
mod string_scan;
mod value_kind;
mod write;

pub use crate::json::error::Error;
pub use crate::json::error::ErrorKind;
pub use crate::json::error::position_at;
pub use crate::json::escape::RawString;
pub use crate::json::escape::write_string;
pub use crate::json::lossy::decode_utf8_lossy;
pub use crate::json::lossy::replace_unpaired_surrogates;
pub use crate::json::reader::Reader;
pub use crate::json::reader::object_index::ObjectIndex;
pub use crate::json::sequence::Spacing;
pub use crate::json::value_kind::ValueKind;
pub use crate::json::write::ArrayWriter;
pub use crate::json::write::ObjectWriter;
pub use crate::json::write::write_object;
pub use crate::json::write::write_value;

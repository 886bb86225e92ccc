//! File names of entries in the state directory: hashes of the source's name and the file's name.

use crate::fingerprint;

/// Returns the name of the entry for a file of a source, without the extension.
pub fn file_stem(source: &str, file: &str) -> String {
    format!("{}-{}", name_hash(source), name_hash(file))
}

/// Returns a text as 32 hexadecimal digits, for a file name.
pub fn name_hash(text: &str) -> String {
    hash_hex(text.as_bytes())
}

/// Returns the 128-bit hash of bytes in hexadecimal digits.
pub fn hash_hex(bytes: &[u8]) -> String {
    format!("{:032x}", fingerprint::bytes_128(bytes))
}

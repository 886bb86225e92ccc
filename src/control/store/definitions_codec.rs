//! Definitions as bytes of the history: length-prefixed texts, compressed if they are long.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::control::store::append::DefinitionsDelta;
use crate::control::store::append::StoredDefinitions;
use crate::control::store::limits;

/// The first byte of plain definitions.
const PLAIN: u8 = 0;
/// The first byte of compressed definitions.
const GZIP: u8 = 1;
/// The size from which definitions are compressed. Below it, a compressor costs more than it saves.
const COMPRESSED_SIZE: usize = 1024;
/// Bytes of lengths that definitions may have in addition to their texts.
const LENGTHS: usize = 16 * 1024 * 1024;

/// Encodes the differences between two revisions.
///
/// # Errors
/// If the compressor fails.
pub fn encode_delta(delta: &DefinitionsDelta) -> io::Result<Vec<u8>> {
    encode(&delta.changed, &delta.removed)
}

/// Encodes a complete copy: the differences from an empty document.
///
/// # Errors
/// If the compressor fails.
pub fn encode_complete(definitions: &StoredDefinitions) -> io::Result<Vec<u8>> {
    encode(definitions, &BTreeSet::new())
}

fn encode(changed: &StoredDefinitions, removed: &BTreeSet<Arc<str>>) -> io::Result<Vec<u8>> {
    let mut plain = vec![PLAIN];
    write_length(changed.len(), &mut plain);
    for (key, text) in changed {
        write_text(key, &mut plain);
        write_text(text, &mut plain);
    }
    for key in removed {
        write_text(key, &mut plain);
    }
    if plain.len() < COMPRESSED_SIZE {
        return Ok(plain);
    }
    let mut encoder = GzEncoder::new(vec![GZIP], Compression::default());
    encoder.write_all(plain.get(1..).unwrap_or_default())?;
    encoder.finish()
}

fn write_length(length: usize, out: &mut Vec<u8>) {
    out.extend((length as u64).to_le_bytes());
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    write_length(text.len(), out);
    out.extend(text.as_bytes());
}

/// Decodes differences or a complete copy.
///
/// # Errors
/// If the bytes are damaged, or larger than definitions can be.
pub fn decode(bytes: &[u8]) -> Result<DefinitionsDelta, &'static str> {
    match bytes.split_first() {
        Some((&PLAIN, plain)) => decode_plain(plain),
        Some((&GZIP, compressed)) => decode_plain(&decompress(compressed)?),
        _ => Err("the definitions have an unknown encoding"),
    }
}

fn decompress(compressed: &[u8]) -> Result<Vec<u8>, &'static str> {
    let limit = limits::DEFINITIONS + LENGTHS;
    let mut plain = Vec::new();
    let mut decoder = GzDecoder::new(compressed).take(limit as u64 + 1);
    let read = decoder.read_to_end(&mut plain);
    read.map_err(|_| "the definitions cannot be decompressed")?;
    (plain.len() <= limit)
        .then_some(plain)
        .ok_or("the definitions are too large")
}

fn decode_plain(mut plain: &[u8]) -> Result<DefinitionsDelta, &'static str> {
    let mut changed = BTreeMap::new();
    for _ in 0..read_length(&mut plain)? {
        let key = read_text(&mut plain)?;
        changed.insert(key, read_text(&mut plain)?);
    }
    let mut removed = BTreeSet::new();
    while !plain.is_empty() {
        removed.insert(read_text(&mut plain)?);
    }
    Ok(DefinitionsDelta { changed, removed })
}

fn read_length(bytes: &mut &[u8]) -> Result<u64, &'static str> {
    let (length, rest) = bytes
        .split_first_chunk()
        .ok_or("the definitions are cut off")?;
    *bytes = rest;
    Ok(u64::from_le_bytes(*length))
}

fn read_text(bytes: &mut &[u8]) -> Result<Arc<str>, &'static str> {
    let length = usize::try_from(read_length(bytes)?).unwrap_or(usize::MAX);
    let (text, rest) = bytes
        .split_at_checked(length)
        .ok_or("the definitions are cut off")?;
    *bytes = rest;
    let text = str::from_utf8(text).map_err(|_| "the definitions are not UTF-8")?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definitions(count: usize) -> StoredDefinitions {
        let flag = |n| (format!("flag-{n}").into(), format!("{{\"n\":{n}}}").into());
        (0..count).map(flag).collect()
    }

    #[test]
    fn short_and_long_definitions_read_back() {
        for count in [0, 1, 3, 1000] {
            let delta = DefinitionsDelta {
                changed: definitions(count),
                removed: ["a".into(), "".into()].into(),
            };
            assert_eq!(decode(&encode_delta(&delta).unwrap()).as_ref(), Ok(&delta));
            let complete = decode(&encode_complete(&delta.changed).unwrap()).unwrap();
            assert_eq!(complete.changed, delta.changed);
        }
    }

    #[test]
    fn damaged_bytes_are_refused_without_a_panic() {
        for count in [3, 1000] {
            let bytes = encode_complete(&definitions(count)).unwrap();
            for end in 0..bytes.len().min(200) {
                assert!(decode(&bytes[..end]).is_err(), "{end}");
            }
            for bit in 0..bytes.len().min(200) * 8 {
                let mut bytes = bytes.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let _ = decode(&bytes);
            }
        }
    }

    #[test]
    fn decompression_is_bounded() {
        let mut encoder = GzEncoder::new(vec![GZIP], Compression::best());
        let zeros = vec![0; 1024 * 1024];
        for _ in 0..100 {
            encoder.write_all(&zeros).unwrap();
        }
        let bytes = encoder.finish().unwrap();
        assert_eq!(decode(&bytes), Err("the definitions are too large"));
    }
}

//! One document in the state directory, and how it is written: a few lines of text, an empty line, the document.

use std::fmt;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use bytes::Bytes;
use percent_encoding::AsciiSet;
use percent_encoding::CONTROLS;
use percent_encoding::percent_decode_str;
use percent_encoding::utf8_percent_encode;

use crate::document::DocumentFormat;

/// The first line of each file.
const MAGIC: &str = "fanion-state 1";

/// What would not stay on its line, and what marks it.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// The last good document of a source, or of one of its files.
#[derive(Clone, PartialEq, Eq)]
pub struct StateEntry {
    /// The source as selectors call it. It is not written: it may hold a secret.
    pub source: Arc<str>,
    /// The file; for a network source its name without secrets.
    pub file: Arc<str>,
    /// How the document is written.
    pub format: DocumentFormat,
    /// When it was last known to be good.
    pub good_at: SystemTime,
    /// What the server called it.
    pub etag: Option<Box<str>>,
    /// The document.
    pub bytes: Bytes,
}

impl fmt::Debug for StateEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("file", &self.file)
            .field("good_at", &self.good_at)
            .finish_non_exhaustive()
    }
}

impl StateEntry {
    /// The name of its file.
    pub fn file_stem(&self) -> String {
        file_stem(&self.source, &self.file)
    }

    /// The text before the document.
    pub fn encode_header(&self) -> String {
        let head = self.encode_fields();
        let checksum = checksum(&head, &self.bytes);
        format!("{head}checksum: {checksum}\n\n")
    }

    fn encode_fields(&self) -> String {
        let format = match self.format {
            DocumentFormat::Json => "json",
            DocumentFormat::Yaml => "yaml",
        };
        let since = self.good_at.duration_since(SystemTime::UNIX_EPOCH);
        let millis = since.unwrap_or_default().as_millis();
        let mut head = format!(
            "{MAGIC}\nkey: {}\nfile: {}\nformat: {format}\ngood-at: {millis}\n",
            self.file_stem(),
            escape(&self.file)
        );
        if let Some(etag) = &self.etag {
            head += "etag: ";
            head += &escape(etag);
            head += "\n";
        }
        head
    }

    /// The document in the file of this name.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn decode(name: &str, bytes: &[u8]) -> Result<StateEntry, &'static str> {
        let split = bytes.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = split
            .and_then(|at| Some((bytes.get(..=at)?, bytes.get(at + 2..)?)))
            .ok_or("the file has no head")?;
        let head = std::str::from_utf8(head).map_err(|_| "the head is not text")?;
        let (fields, sum) = head
            .rsplit_once("checksum: ")
            .ok_or("the head has no checksum")?;
        if !fields.starts_with(MAGIC) {
            return Err("the file is in a form that this version does not know");
        }
        if checksum(fields, body) != sum.trim_end() {
            return Err("the checksum does not fit: the file is damaged or cut off");
        }
        let field = |name: &str| {
            let lines = fields.lines();
            let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            values.next()
        };
        if field("key") != Some(name) {
            return Err("the file belongs to another source");
        }
        let format = match field("format") {
            Some("json") => DocumentFormat::Json,
            Some("yaml") => DocumentFormat::Yaml,
            _ => return Err("the head has no format"),
        };
        let millis = field("good-at").and_then(|millis| millis.parse().ok());
        let millis = Duration::from_millis(millis.ok_or("the head has no time")?);
        let good_at = SystemTime::UNIX_EPOCH.checked_add(millis);
        Ok(StateEntry {
            source: "".into(),
            file: field("file").map(unescape).unwrap_or_default().into(),
            format,
            good_at: good_at.ok_or("the time is out of range")?,
            etag: field("etag").map(|etag| unescape(etag).into()),
            bytes: Bytes::copy_from_slice(body),
        })
    }
}

/// The name of the file for a file of a source.
pub fn file_stem(source: &str, file: &str) -> String {
    format!("{}-{}", name_hash(source), name_hash(file))
}

/// A text as 32 characters that can stand in a file name.
pub fn name_hash(text: &str) -> String {
    murmur_hex(text.as_bytes())
}

/// Protects against damage, not against malice: whoever can write here can write flags.
fn checksum(head: &str, body: &[u8]) -> String {
    let (head, body) = (murmur_hex(head.as_bytes()), murmur_hex(body));
    murmur_hex(format!("{head}{body}").as_bytes())
}

fn murmur_hex(bytes: &[u8]) -> String {
    // Reading from memory does not fail.
    let hash = murmur3::murmur3_x64_128(&mut Cursor::new(bytes), 0).unwrap_or_default();
    format!("{hash:032x}")
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn unescape(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

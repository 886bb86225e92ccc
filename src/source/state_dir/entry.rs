//! `StateEntry`: one document in the state directory; encodes and decodes its file: header lines, an empty line, the
//! document.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use bytes::Bytes;
use percent_encoding::AsciiSet;
use percent_encoding::CONTROLS;
use percent_encoding::percent_decode_str;
use percent_encoding::utf8_percent_encode;

use crate::document::DocumentFormat;
use crate::source::state_dir::file_name;

/// The first line of each file.
const MAGIC: &str = "fanion-state 1";

/// Control characters would break the line; `%` marks an escape.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// The last good document of a source, or of one of its files.
#[derive(Clone, PartialEq, Eq)]
pub struct StateEntry {
    /// The source's name in selectors. It is not written: it may contain a secret.
    pub source: Arc<str>,
    /// The file; for a network source its name without secrets.
    pub file: Arc<str>,
    /// The format of the document.
    pub format: DocumentFormat,
    /// The time when it was last known to be good; `None` if it is unknown.
    pub good_at: Option<SystemTime>,
    /// Its entity tag.
    pub etag: Option<Box<str>>,
    /// The document.
    pub bytes: Bytes,
}

impl fmt::Debug for StateEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateEntry")
            .field("file", &self.file)
            .field("good_at", &self.good_at)
            .finish_non_exhaustive()
    }
}

impl StateEntry {
    /// Returns the name of its file, without the extension.
    pub fn file_stem(&self) -> String {
        file_name::file_stem(&self.source, &self.file)
    }

    /// Returns the text before the document.
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
        let good_at = self.good_at.unwrap_or(SystemTime::UNIX_EPOCH);
        let since = good_at.duration_since(SystemTime::UNIX_EPOCH);
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

    /// Decodes the file of this name.
    ///
    /// # Errors
    /// If the file is damaged, or belongs to another source.
    pub fn decode(name: &str, bytes: &[u8]) -> Result<StateEntry, &'static str> {
        let split = bytes.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = split
            .and_then(|at| Some((bytes.get(..=at)?, bytes.get(at + 2..)?)))
            .ok_or("the file has no header")?;
        let head = std::str::from_utf8(head).map_err(|_| "the header is not UTF-8")?;
        let (fields, sum) = head
            .rsplit_once("checksum: ")
            .ok_or("the header has no checksum")?;
        if !fields.starts_with(MAGIC) {
            return Err("unknown format version");
        }
        if checksum(fields, body) != sum.trim_end() {
            return Err("checksum mismatch: the file is damaged or truncated");
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
            _ => return Err("the header has no format"),
        };
        let millis = field("good-at").and_then(|millis| millis.parse().ok());
        let millis = Duration::from_millis(millis.ok_or("the header has no time")?);
        let good_at = SystemTime::UNIX_EPOCH.checked_add(millis);
        Ok(StateEntry {
            source: "".into(),
            file: field("file").map(unescape).unwrap_or_default().into(),
            format,
            good_at: Some(good_at.ok_or("the time is out of range")?),
            etag: field("etag").map(|etag| unescape(etag).into()),
            bytes: Bytes::copy_from_slice(body),
        })
    }
}

/// Returns a checksum against accidental damage. A process that can write here could change any flag, with or without
/// it.
fn checksum(head: &str, body: &[u8]) -> String {
    let (head, body) = (
        file_name::hash_hex(head.as_bytes()),
        file_name::hash_hex(body),
    );
    file_name::hash_hex(format!("{head}{body}").as_bytes())
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn unescape(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

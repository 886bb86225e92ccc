//! Files of the state directory: whatever is written is read back, and no damaged file is accepted.

use std::time::Duration;
use std::time::SystemTime;

use bytes::Bytes;
use fanion::document::DocumentFormat;
use fanion::source::state_dir::StateEntry;

pub fn check(data: &[u8]) {
    let _ = StateEntry::decode("any", data);
    let Some(entry) = entry(data) else {
        return;
    };
    let name = entry.file_stem();
    let file = [entry.encode_header().as_bytes(), &entry.bytes].concat();
    let decoded = StateEntry::decode(&name, &file).expect("what was written is read");
    assert_eq!(
        StateEntry {
            source: entry.source.clone(),
            ..decoded
        },
        entry
    );
    assert!(StateEntry::decode("other", &file).is_err());
    let at = usize::from(data[0]) * 37 % file.len();
    let mut damaged = file.clone();
    damaged[at] ^= 1 << (data[1] % 8);
    assert!(
        StateEntry::decode(&name, &damaged).is_err(),
        "a changed bit at {at} is not noticed"
    );
    assert!(
        StateEntry::decode(&name, &file[..at]).is_err(),
        "{at} bytes are accepted"
    );
}

/// An entry whose fields the bytes choose.
fn entry(data: &[u8]) -> Option<StateEntry> {
    let ([choice, _, time @ ..], rest) = data.split_first_chunk::<6>()?;
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or(&[]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let format = if choice & 1 == 0 {
        DocumentFormat::Json
    } else {
        DocumentFormat::Yaml
    };
    let good_at = Duration::from_millis(u64::from(u32::from_le_bytes(*time)) * 1000);
    Some(StateEntry {
        source: "source".into(),
        file: text(part()).into(),
        format,
        good_at: Some(SystemTime::UNIX_EPOCH + good_at),
        etag: (choice & 2 == 0).then(|| text(part()).into()),
        bytes: Bytes::copy_from_slice(part()),
    })
}

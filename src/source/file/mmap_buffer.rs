//! `MmapBuffer`: a file's content in an anonymous memory mapping.

use std::fmt;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::ops::Deref;

use memmap2::MmapMut;

use crate::coop;

/// The most bytes that are read or compared at once.
const CHUNK_SIZE: usize = 64 * 1024;

/// Bytes in a separate mapping, which returns to the kernel when it is dropped.
///
/// The heap would keep more memory: glibc's allocator retains up to twice the largest block that was ever freed, which
/// is 6 MiB for the text of 10,000 flags.
pub struct MmapBuffer {
    mapping: MmapMut,
    length: usize,
}

impl MmapBuffer {
    /// Reads the rest of a file that probably has `expected` bytes; at most `most`.
    ///
    /// # Errors
    /// If it cannot be read, or there is no memory for it.
    pub fn read(file: &File, expected: u64, most: u64) -> io::Result<MmapBuffer> {
        let mut rest = file.take(most);
        // One more byte, so that the end of the file is detected without a larger mapping.
        let room = usize::try_from(expected.min(most)).unwrap_or(0) + 1;
        let mut memory = MmapMut::map_anon(room)?;
        let mut length = 0;
        loop {
            if length == memory.len() {
                memory = doubled(&memory)?;
            }
            let end = memory.len().min(length + CHUNK_SIZE);
            match read_chunk(&mut rest, memory.get_mut(length..end).unwrap_or(&mut []))? {
                0 => {
                    return Ok(MmapBuffer {
                        mapping: memory,
                        length,
                    });
                }
                read => length += read,
            }
        }
    }

    /// Returns true if the rest of a file equals this buffer.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn matches_file(&self, mut file: &File) -> io::Result<bool> {
        let mut rest = &**self;
        let mut piece = vec![0; CHUNK_SIZE];
        loop {
            let read = read_chunk(&mut file, &mut piece)?;
            if read == 0 {
                return Ok(rest.is_empty());
            }
            match rest.split_at_checked(read) {
                Some((same, others)) if piece.starts_with(same) => rest = others,
                _ => return Ok(false),
            }
        }
    }
}

/// Reads once and returns the number of bytes; 0 at the end.
fn read_chunk(file: &mut impl io::Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        coop::yield_if_due();
        match file.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Returns a copy with twice the capacity.
fn doubled(memory: &MmapMut) -> io::Result<MmapMut> {
    let mut larger = MmapMut::map_anon(2 * memory.len())?;
    for (to, from) in larger.iter_mut().zip(memory.iter()) {
        *to = *from;
    }
    Ok(larger)
}

impl Deref for MmapBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.mapping.get(..self.length).unwrap_or(&[])
    }
}

impl AsRef<[u8]> for MmapBuffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for MmapBuffer {
    fn eq(&self, other: &MmapBuffer) -> bool {
        **self == **other
    }
}

impl fmt::Debug for MmapBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never print flag contents.
        f.debug_struct("MmapBuffer")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn file_is_read_to_its_end_despite_a_wrong_size_hint() {
        let mut file = tempfile::tempfile().expect("a file");
        let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        file.write_all(&content).expect("it is written");
        for expected in [0, 1, 99_999, 100_000, 1_000_000] {
            let read = |most| {
                io::Seek::rewind(&mut &file)?;
                MmapBuffer::read(&file, expected, most)
            };
            assert_eq!(&*read(1_000_000).expect("a text"), &*content);
            assert_eq!(read(10).expect("a text").len(), 10);
        }
        let empty = tempfile::tempfile().expect("a file");
        assert!(MmapBuffer::read(&empty, 0, 10).expect("a text").is_empty());
    }

    #[test]
    fn buffer_matches_file_only_if_every_byte_is_equal() {
        let text: Vec<u8> = (0..=255).cycle().take(2 * CHUNK_SIZE + 1).collect();
        let file = |content: &[u8]| {
            let mut file = tempfile::tempfile().expect("a file");
            file.write_all(content).expect("it is written");
            io::Seek::rewind(&mut &file).expect("it is rewound");
            file
        };
        let read = MmapBuffer::read(&file(&text), 0, u64::MAX).expect("a text");
        assert!(read.matches_file(&file(&text)).expect("an answer"));
        let mut longer = text.clone();
        longer.push(0);
        let mut other = text.clone();
        if let Some(last) = other.last_mut() {
            *last ^= 1;
        }
        for different in [&*longer, &other, text.split_at(CHUNK_SIZE).0, &[]] {
            assert!(!read.matches_file(&file(different)).expect("an answer"));
        }
    }
}

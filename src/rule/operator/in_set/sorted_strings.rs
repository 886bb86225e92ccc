//! `SortedStrings`: a set of strings in one contiguous buffer, searched by bisection.

use std::cmp::Ordering;

/// Sorted strings in one buffer.
#[derive(Debug, Clone)]
pub struct SortedStrings {
    bytes: Box<[u8]>,
    /// The end of each string, where the next one begins.
    ends: Box<[u32]>,
}

impl SortedStrings {
    /// The strings, sorted and without duplicates.
    pub fn from_texts(mut texts: Vec<&str>) -> SortedStrings {
        texts.sort_unstable();
        texts.dedup();
        let mut bytes = Vec::new();
        let mut end = |text: &&str| {
            bytes.extend_from_slice(text.as_bytes());
            u32::try_from(bytes.len()).unwrap_or(u32::MAX)
        };
        let ends = texts.iter().map(&mut end).collect();
        let bytes = bytes.into();
        SortedStrings { bytes, ends }
    }

    /// The number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, index: usize) -> &[u8] {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(index)).unwrap_or(&[])
    }

    /// Returns true if `needle` is one of the strings.
    pub fn contains(&self, needle: &[u8]) -> bool {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.get(middle).cmp(needle) {
                Ordering::Equal => return true,
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        false
    }

    /// The strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let texts = (0..self.ends.len()).map(|index| self.get(index));
        texts.map(|text| std::str::from_utf8(text).unwrap_or(""))
    }
}

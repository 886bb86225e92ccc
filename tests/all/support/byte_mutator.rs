//! A seeded generator that mutates bytes.

/// A small xorshift generator: a failure can be reproduced with its seed.
pub struct ByteMutator(pub u64);

impl ByteMutator {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).expect("small")
    }

    /// Applies one to four edits: replaces, flips or removes a byte, truncates, copies a piece, or inserts a token.
    pub fn mutate(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.roll(4) {
            let at = self.roll(bytes.len());
            match self.roll(6) {
                _ if bytes.is_empty() => bytes.push(0),
                0 => bytes[at] = u8::try_from(self.roll(256)).expect("a byte"),
                1 => bytes[at] ^= 1 << self.roll(8),
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                4 => {
                    let piece = bytes[at..(at + self.roll(40)).min(bytes.len())].to_vec();
                    let to = self.roll(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let token = [
                        &b"{"[..],
                        b"[",
                        b"\"",
                        b"\\u",
                        b"- ",
                        b"&a ",
                        b"*a",
                        b": ",
                        b"\t",
                        b"\xff",
                        b"1e999",
                        b"!!x ",
                        b"|\n",
                    ];
                    bytes.splice(at..at, token[self.roll(token.len())].iter().copied());
                }
            }
        }
        bytes
    }
}

//! Reads DER, for the fields of certificates and keys that rustls does not expose.

/// The tag of an INTEGER.
pub const INTEGER: u8 = 0x02;
/// The tag of an OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// The tag of an OBJECT IDENTIFIER.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// The tag of a SEQUENCE.
pub const SEQUENCE: u8 = 0x30;

/// The digits of an INTEGER that is not negative: its bytes without zeros before them.
pub fn integer_digits(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|byte| **byte == 0).count();
    content.get(zeros..).unwrap_or(&[])
}

/// The bits of an INTEGER that is not negative.
pub fn integer_bits(content: &[u8]) -> usize {
    let digits = integer_digits(content);
    let unused = digits.first().map_or(0, |byte| byte.leading_zeros());
    digits.len() * 8 - unused as usize
}

/// A number in big-endian bytes, with zeros before it; `None` if the bytes are too many.
pub fn left_pad<const BYTES: usize>(bytes: &[u8]) -> Option<[u8; BYTES]> {
    let mut number = [0; BYTES];
    let start = BYTES.checked_sub(bytes.len())?;
    number.get_mut(start..)?.copy_from_slice(bytes);
    Some(number)
}

/// Encodes a value; `None` if it has 64 KiB or more.
pub fn encode(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let [high, low] = u16::try_from(content.len()).ok()?.to_be_bytes();
    let head = match (high, low) {
        (0, 0..=0x7f) => &[tag, low][..],
        (0, _) => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    Some([head, content].concat())
}

/// The values of a DER encoding that have not been read yet.
#[derive(Debug, Clone, Copy)]
pub struct DerReader<'d>(pub &'d [u8]);

impl<'d> DerReader<'d> {
    /// Returns the tag and the content of the next value; `None` at the end, or if the encoding is invalid.
    pub fn read(&mut self) -> Option<(u8, &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
                let append = |length, byte: &u8| (length << 8) | usize::from(*byte);
                (bytes.iter().fold(0, append), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// Returns the content of the next value, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.read()
            .filter(|value| value.0 == tag)
            .map(|value| value.1)
    }

    /// Returns a reader of the next value, which must be a sequence.
    pub fn sequence(&mut self) -> Option<DerReader<'d>> {
        self.expect(SEQUENCE).map(DerReader)
    }

    /// Returns the content of the next value if it has this tag, and otherwise leaves that value unread.
    pub fn optional(&mut self, tag: u8) -> Option<&'d [u8]> {
        let mut ahead = *self;
        let content = ahead.expect(tag)?;
        *self = ahead;
        Some(content)
    }
}

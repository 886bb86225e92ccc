//! States as lists of numbers, so that a store can keep them in any format that keeps `f64` exactly.

/// A state that can be written as numbers and read back.
pub trait StateValues: Sized {
    /// Appends the numbers of this state. All are finite.
    fn write_values(&self, out: &mut Vec<f64>);

    /// Reads a state; `None` if numbers are missing.
    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<Self>;
}

impl StateValues for f64 {
    fn write_values(&self, out: &mut Vec<f64>) {
        out.push(*self);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<f64> {
        values.next()
    }
}

/// Times and counts below 2^53, which `f64` represents exactly.
impl StateValues for u64 {
    fn write_values(&self, out: &mut Vec<f64>) {
        out.push(*self as f64);
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the guard of the match allows whole numbers below 2^53 only"
    )]
    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<u64> {
        match values.next()? {
            value if (0.0..=MAX_COUNT as f64).contains(&value) && libm::trunc(value) == value => {
                Some(value as u64)
            }
            _ => None,
        }
    }
}

impl<const N: usize> StateValues for [f64; N] {
    fn write_values(&self, out: &mut Vec<f64>) {
        out.extend_from_slice(self);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<[f64; N]> {
        let read: Vec<f64> = values.by_ref().take(N).collect();
        read.try_into().ok()
    }
}

/// The largest count that `f64` represents exactly, like all smaller ones.
pub const MAX_COUNT: u64 = 1 << 53;

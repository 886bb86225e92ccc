//! The private operation of RSA with the Chinese remainder theorem (RFC 8017, section 5.1.2), in constant time.

use crypto_bigint::Encoding as _;
use crypto_bigint::Limb;
use crypto_bigint::U4096;
use crypto_bigint::modular::runtime_mod::DynResidue;
use crypto_bigint::modular::runtime_mod::DynResidueParams;

use crate::tls::der::DerReader;
use crate::tls::der::INTEGER;
use crate::tls::der::integer_digits;
use crate::tls::der::left_pad;

/// The bytes of half a modulus.
const HALF: usize = U4096::BYTES;

/// A prime of the modulus, with the private exponent modulo the prime minus one.
struct Prime {
    value: U4096,
    exponent: U4096,
    modulus: DynResidueParams<{ U4096::LIMBS }>,
}

/// The primes of a modulus with at most 8192 bits.
pub struct CrtKey {
    p: Prime,
    q: Prime,
    /// The inverse of `q` modulo `p`.
    coefficient: U4096,
}

impl Prime {
    fn new(value: &U4096, exponent: &U4096) -> Option<Prime> {
        let is_odd = value.to_words().first().is_some_and(|word| word & 1 == 1);
        (is_odd && *value > U4096::ONE).then(|| Prime {
            value: *value,
            exponent: *exponent,
            modulus: DynResidueParams::new(value),
        })
    }

    /// `base` to the power of the exponent, modulo the prime.
    fn power(&self, (high, low): &(U4096, U4096)) -> U4096 {
        let base = U4096::const_rem_wide((*low, *high), &self.value).0;
        DynResidue::new(&base, self.modulus)
            .pow(&self.exponent)
            .retrieve()
    }
}

impl CrtKey {
    /// Reads the primes of an `RSAPrivateKey`, whose modulus and exponents were read before. `None` if they are invalid,
    /// or larger than half of 8192 bits.
    pub fn read(fields: &mut DerReader<'_>) -> Option<CrtKey> {
        let mut next = || number(fields.expect(INTEGER)?);
        let (p, q, exponent_p, exponent_q, coefficient) =
            (next()?, next()?, next()?, next()?, next()?);
        Some(CrtKey {
            p: Prime::new(&p, &exponent_p)?,
            q: Prime::new(&q, &exponent_q)?,
            coefficient: (coefficient < p).then_some(coefficient)?,
        })
    }

    /// Signs a padded message with the length of the modulus.
    pub fn sign_padded(&self, padded: &[u8]) -> Option<Vec<u8>> {
        let middle = padded.len().checked_sub(HALF)?;
        let (high, low) = padded.split_at_checked(middle)?;
        let message = (number(high)?, number(low)?);
        let (by_p, by_q) = (self.p.power(&message), self.q.power(&message));
        let by_q_reduced = by_q.const_rem(&self.p.value).0;
        let difference = by_p.sub_mod(&by_q_reduced, &self.p.value);
        let [difference, coefficient] =
            [&difference, &self.coefficient].map(|value| DynResidue::new(value, self.p.modulus));
        let factor = (difference * coefficient).retrieve();
        let (low, high) = self.q.value.mul_wide(&factor);
        let (low, carry) = low.adc(&by_q, Limb::ZERO);
        let (high, _) = high.adc(&U4096::ZERO, carry);
        let signature = [high.to_be_bytes(), low.to_be_bytes()].concat();
        let start = signature.len().checked_sub(padded.len())?;
        signature.get(start..).map(<[u8]>::to_vec)
    }
}

/// A number in big-endian bytes; `None` if it has too many.
fn number(bytes: &[u8]) -> Option<U4096> {
    left_pad(integer_digits(bytes)).map(U4096::from_be_bytes)
}

//! `Secret`: 256 random bits as text, with a prefix by which secret scanners find it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rustix::rand::GetRandomFlags;
use rustix::rand::getrandom;

/// The beginning of tokens.
pub const TOKEN_PREFIX: &str = "fan_";
/// The beginning of publishable keys.
pub const PUBLISHABLE_PREFIX: &str = "fan_pub_";

/// Makes a secret of 256 random bits.
///
/// # Errors
/// If the kernel gives no random bytes.
pub fn generate(prefix: &str) -> Result<String, String> {
    let mut random = [0; 32];
    match getrandom(&mut random, GetRandomFlags::empty()) {
        Ok(32) => Ok(format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(random))),
        Ok(count) => Err(format!("only {count} random bytes")),
        Err(error) => Err(error.to_string()),
    }
}

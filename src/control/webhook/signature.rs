//! Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;

/// The beginning of secrets.
const PREFIX: &str = "whsec_";
/// The bytes that a secret may have.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// The most secrets of an endpoint. Two are in use while one replaces the other.
const MAX_SECRETS: usize = 4;

/// The secrets of an endpoint. A message is signed with each of them.
pub struct SigningKeys(Vec<hmac::Key>);

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys(…)")
    }
}

impl SigningKeys {
    /// Parses the content of a file: one secret a line. Empty lines, and lines that begin with `#`, are skipped.
    ///
    /// # Errors
    /// If there is no secret, there are too many, or a line is not a secret. The text has no part of a secret.
    pub fn parse(text: &str) -> Result<SigningKeys, String> {
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|(index, line)| {
            parse_secret(line).ok_or_else(|| {
                let (least, most) = (SECRET_BYTES.start(), SECRET_BYTES.end());
                format!(
                    "line {}: a secret is `{PREFIX}` and {least} to {most} bytes in Base64",
                    index + 1
                )
            })
        });
        let keys: Vec<hmac::Key> = keys.collect::<Result<_, _>>()?;
        match keys.len() {
            0 => Err("there is no secret in it".to_owned()),
            count if count > MAX_SECRETS => Err(format!(
                "{count} secrets; at most {MAX_SECRETS} are allowed"
            )),
            _ => Ok(SigningKeys(keys)),
        }
    }

    /// Returns the header `webhook-signature` of a message.
    pub fn sign(&self, id: &str, timestamp: u64, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        let signatures = self.0.iter().map(|key| {
            let tag = hmac::sign(key, signed.as_bytes());
            format!("v1,{}", BASE64_STANDARD.encode(tag))
        });
        signatures.collect::<Vec<String>>().join(" ")
    }
}

fn parse_secret(line: &str) -> Option<hmac::Key> {
    let secret = BASE64_STANDARD.decode(line.strip_prefix(PREFIX)?).ok()?;
    let is_long_enough = SECRET_BYTES.contains(&secret.len());
    is_long_enough.then(|| hmac::Key::new(hmac::HMAC_SHA256, &secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret, the message and the signature of the reference libraries' own tests.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn signature_is_that_of_the_reference_libraries() {
        let keys = SigningKeys::parse(SECRET).expect("a secret");
        let body = r#"{"test": 2432232314}"#;
        let signature = keys.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn message_is_signed_with_each_secret() {
        let other = format!("whsec_{}", BASE64_STANDARD.encode([7; 24]));
        let keys = SigningKeys::parse(&format!("# new\n{other}\n\n{SECRET}\n"));
        let signature = keys.expect("two secrets").sign("msg", 1, "{}");
        let first = SigningKeys::parse(&other)
            .expect("a secret")
            .sign("msg", 1, "{}");
        let second = SigningKeys::parse(SECRET)
            .expect("a secret")
            .sign("msg", 1, "{}");
        assert_eq!(signature, format!("{first} {second}"));
    }

    #[test]
    fn file_without_a_valid_secret_is_refused_without_showing_it() {
        for (text, why) in [
            ("", "there is no secret in it"),
            ("# none", "there is no secret in it"),
            (
                "hush",
                "line 1: a secret is `whsec_` and 24 to 64 bytes in Base64",
            ),
            (
                "\nwhsec_aHVzaA==",
                "line 2: a secret is `whsec_` and 24 to 64 bytes in Base64",
            ),
        ] {
            assert_eq!(SigningKeys::parse(text).expect_err("a mistake"), why);
        }
    }
}

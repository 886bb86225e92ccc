//! Reads the chain's members of a sealed event from its canonical bytes, without building a value.

use crate::event_log::hash_text::parse_content_hash;
use crate::event_log::limits;
use crate::wire::content_hash::ContentHash;

/// The members of an event that make the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainLink<'a> {
    /// The JSON string with the name of the environment.
    pub environment: &'a str,
    /// The number of the event.
    pub seq: u64,
    /// The hash of the event before it.
    pub previous: ContentHash,
}

/// Reads the members of the chain. Other members may be those of a newer release.
///
/// # Errors
/// If the bytes are not one JSON object without white space and with sorted members, or lack a member of the chain.
pub fn scan_link(bytes: &[u8]) -> Result<ChainLink<'_>, &'static str> {
    let text = str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let mut scanner = Scanner { text, at: 0 };
    let (mut environment, mut seq, mut previous) = (None, None, None);
    let mut last = None;
    scanner.members(limits::DEPTH, &mut |key, value| {
        // Each name occurs once, so that all readers see the same member.
        if last.is_some_and(|last| last >= key) {
            return Err("its members are not sorted");
        }
        last = Some(key);
        match key {
            "\"environment\"" => environment = Some(value),
            "\"seq\"" => seq = value.parse().ok(),
            "\"previous\"" => previous = parse_content_hash(value.trim_matches('"')),
            _ => {}
        }
        Ok(())
    })?;
    if scanner.at != text.len() {
        return Err("bytes follow the JSON object");
    }
    Ok(ChainLink {
        environment: environment.ok_or("it has no `environment`")?,
        seq: seq.ok_or("it has no `seq` that is a number")?,
        previous: previous.ok_or("it has no `previous` that is a hash")?,
    })
}

/// A position in canonical JSON.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// Gets the name and the value of each member, as JSON.
type MemberVisitor<'v, 'a> = dyn FnMut(&'a str, &'a str) -> Result<(), &'static str> + 'v;

impl<'a> Scanner<'a> {
    fn members(
        &mut self,
        depth: usize,
        visit: &mut MemberVisitor<'_, 'a>,
    ) -> Result<(), &'static str> {
        self.expect(b'{')?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let begin = self.at;
            self.string()?;
            let key = self.since(begin);
            self.expect(b':')?;
            let begin = self.at;
            self.value(depth)?;
            visit(key, self.since(begin))?;
            if !self.take(b',') {
                return self.expect(b'}');
            }
        }
    }

    fn items(&mut self, depth: usize) -> Result<(), &'static str> {
        self.expect(b'[')?;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.value(depth)?;
            if !self.take(b',') {
                return self.expect(b']');
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), &'static str> {
        let deeper = || depth.checked_sub(1).ok_or("it is nested too deeply");
        match self.peek() {
            Some(b'{') => self.members(deeper()?, &mut |_, _| Ok(())),
            Some(b'[') => self.items(deeper()?),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<(), &'static str> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let found = ["null", "true", "false"]
            .into_iter()
            .find(|name| rest.starts_with(name));
        self.at += found.ok_or("it is not canonical JSON")?.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), &'static str> {
        self.take(b'-');
        self.digits()?;
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), &'static str> {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > begin)
            .then_some(())
            .ok_or("a number has no digits")
    }

    fn string(&mut self) -> Result<(), &'static str> {
        self.expect(b'"')?;
        loop {
            match self.next() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.escape()?,
                Some(b' '..) => {}
                _ => return Err("a string is not closed, or has a control character"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), &'static str> {
        let problem = "a string has an invalid escape";
        match self.next() {
            Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => {
                let digits = self.text.get(self.at..self.at + 4).ok_or(problem)?;
                self.at += 4;
                let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                is_hex.then_some(()).ok_or(problem)
            }
            _ => Err(problem),
        }
    }

    fn since(&self, begin: usize) -> &'a str {
        self.text.get(begin..self.at).unwrap_or("")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), &'static str> {
        self.take(byte)
            .then_some(())
            .ok_or("it is not canonical JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(rest: &str) -> String {
        let hash = ContentHash::of(b"");
        format!(r#"{{"change":{rest},"environment":"a\"b","previous":"{hash}","seq":7}}"#)
    }

    #[test]
    fn members_of_the_chain_are_found() {
        for change in [
            "{}",
            "[]",
            "null",
            r#"{"seq":9,"x":[1,-2.5e-7,"\u001f\\"]}"#,
        ] {
            let event = event(change);
            let link = scan_link(event.as_bytes()).expect(change);
            assert_eq!((link.seq, link.environment), (7, r#""a\"b""#));
            assert_eq!(link.previous, ContentHash::of(b""));
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        let deep = "[".repeat(limits::DEPTH + 1) + &"]".repeat(limits::DEPTH + 1);
        let invalid = [
            "",
            "{",
            "[1,]",
            "1 ",
            "-",
            "1.",
            "1e",
            "tru",
            "\"\u{1}\"",
            r#""\x""#,
            r#""\u00""#,
            &deep,
        ];
        for change in invalid {
            assert!(scan_link(event(change).as_bytes()).is_err(), "{change}");
        }
        let event = event("{}");
        assert!(scan_link(format!("{event}\n").as_bytes()).is_err());
        assert!(scan_link(event.replace("change", "seq").as_bytes()).is_err());
        assert!(scan_link(event.replace("previous", "prior").as_bytes()).is_err());
        for end in 0..event.len() {
            let cut = event.as_bytes().get(..end).unwrap();
            assert!(scan_link(cut).is_err(), "{end}");
        }
    }
}

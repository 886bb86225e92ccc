//! Pages of lists: `limit`, and an opaque `cursor` from which the list continues.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::control::api::problem::Problem;
use crate::control::api::query::QueryParameters;

/// The most entries of a page.
pub const MAX_LIMIT: usize = 1000;

/// The part of a list that a request asks for.
#[derive(Debug)]
pub struct PageRequest {
    /// The most entries.
    pub limit: usize,
    /// The key of the last entry before the page.
    pub after: Option<String>,
}

impl PageRequest {
    /// Parses `limit` and `cursor`.
    ///
    /// # Errors
    /// If `limit` is not in 1 to 1,000, or `cursor` is not one that the API has given out.
    pub fn parse(query: &QueryParameters, default_limit: usize) -> Result<PageRequest, Problem> {
        let limit = match query.number("limit")? {
            None => default_limit,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| {
                    Problem::bad_request(format!("`limit` is {limit}: write 1 to {MAX_LIMIT}"))
                })?,
        };
        let after = query.text("cursor").map(decode).transpose()?;
        Ok(PageRequest { limit, after })
    }

    /// Cuts a list, which may have one entry more than fits, to the page. Returns the cursor of the next page.
    pub fn cut<T>(&self, entries: &mut Vec<T>, key: impl Fn(&T) -> String) -> Option<String> {
        let has_more = entries.len() > self.limit;
        entries.truncate(self.limit);
        let last = entries.last().filter(|_| has_more)?;
        Some(encode(&key(last)))
    }
}

/// The cursor of a key.
pub fn encode(key: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key)
}

fn decode(cursor: &str) -> Result<String, Problem> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| Problem::bad_request("`cursor` is not one of this API: take it from `next`"))
}

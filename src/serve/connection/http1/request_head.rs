//! Parses simple HTTP/1.1 requests: GET or POST with a short head, a known body length and no connection options.

use std::ops::Range;

use bytes::Bytes;
use bytes::BytesMut;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::Uri;
use http::header;
use http::request::Parts;
use httparse::Status;
use smallvec::SmallVec;

use crate::limits;

/// The maximum number of header fields of a simple request. Browsers send fifteen.
const MAX_FIELDS: usize = 24;

/// The state of the first request in the read bytes.
#[derive(Debug)]
pub enum ParsedRequest {
    /// The request is complete.
    Complete {
        /// The length of the head, in bytes.
        head_length: usize,
        /// The head and the body.
        bytes: Bytes,
    },
    /// The request is incomplete.
    Partial {
        /// The length of the request, in bytes, if its head is complete.
        request_length: Option<usize>,
    },
    /// The request is not simple, or is invalid.
    NotSimple,
}

/// Takes the first request from the read bytes, if it is complete and simple, and sets `request` to its head. The head
/// may have at most `limit` bytes.
pub fn parse_next(read: &mut BytesMut, limit: usize, request: &mut Parts) -> ParsedRequest {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    let head = match parsed.parse(read) {
        Ok(Status::Complete(head)) if head <= limit => head,
        Ok(Status::Partial) if read.len() < limit => {
            return ParsedRequest::Partial {
                request_length: None,
            };
        }
        // hyper answers invalid requests.
        _ => return ParsedRequest::NotSimple,
    };
    let (method, length) = match simple_method_and_length(&parsed) {
        Some((method, body)) if body <= limits::FAST_PATH_BODY => (method, head + body),
        _ => return ParsedRequest::NotSimple,
    };
    if read.len() < length {
        return ParsedRequest::Partial {
            request_length: Some(length),
        };
    }
    let ranges = HeadRanges::new(&parsed, read);
    let whole = read.split_to(length).freeze();
    request.method = method;
    if ranges.fill_request(&whole, request).is_none() {
        put_back(read, &whole);
        return ParsedRequest::NotSimple;
    }
    ParsedRequest::Complete {
        head_length: head,
        bytes: whole,
    }
}

/// Puts a request back before the bytes that follow it.
pub fn put_back(read: &mut BytesMut, whole: &[u8]) {
    let rest = std::mem::replace(read, whole.into());
    read.unsplit(rest);
}

/// The method of a request and the length of its body, if it is simple.
fn simple_method_and_length(request: &httparse::Request<'_, '_>) -> Option<(Method, usize)> {
    let (mut hosts, mut length) = (0, None);
    for field in &*request.headers {
        let named = |name: &HeaderName| field.name.eq_ignore_ascii_case(name.as_str());
        if named(&header::HOST) {
            hosts += 1;
        } else if named(&header::CONTENT_LENGTH) {
            // A second `Content-Length` is left to hyper.
            let digits = str::from_utf8(field.value)
                .ok()
                .filter(|_| length.is_none())?;
            let digits = digits
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(digits)?;
            length = Some(digits.parse().ok()?);
        } else if named(&header::CONNECTION) {
            field
                .value
                .eq_ignore_ascii_case(b"keep-alive")
                .then_some(())?;
        } else if [header::TRANSFER_ENCODING, header::EXPECT, header::UPGRADE]
            .iter()
            .any(named)
        {
            return None;
        }
    }
    let method_and_length = match request.method? {
        "POST" => (Method::POST, length?),
        "GET" => (Method::GET, length.unwrap_or(0)),
        _ => return None,
    };
    let simple = request.version? == 1 && hosts == 1 && request.path?.starts_with('/');
    simple.then_some(method_and_length)
}

/// The ranges of a request target and of header fields in the read bytes.
struct HeadRanges {
    target: Range<usize>,
    fields: SmallVec<[[Range<usize>; 2]; MAX_FIELDS]>,
}

impl HeadRanges {
    fn new(parsed: &httparse::Request<'_, '_>, read: &[u8]) -> HeadRanges {
        let range = |part: &[u8]| {
            let start = part.as_ptr().addr() - read.as_ptr().addr();
            start..start + part.len()
        };
        let fields = parsed.headers.iter();
        HeadRanges {
            target: range(parsed.path.unwrap_or("").as_bytes()),
            fields: fields
                .map(|field| [range(field.name.as_bytes()), range(field.value)])
                .collect(),
        }
    }

    /// Sets the target and the fields of `request`. `None` if the crate `http` rejects one.
    fn fill_request(&self, whole: &Bytes, request: &mut Parts) -> Option<()> {
        request.uri = Uri::from_maybe_shared(whole.slice(self.target.clone())).ok()?;
        request.extensions.clear();
        request.headers.clear();
        for [name, value] in &self.fields {
            let name = HeaderName::from_bytes(whole.get(name.clone())?).ok()?;
            let value = HeaderValue::from_maybe_shared(whole.slice(value.clone())).ok()?;
            request.headers.append(name, value);
        }
        Some(())
    }
}

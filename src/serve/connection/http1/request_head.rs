//! Requests of the plain kind: their head is short, the length of their body is known, and they ask nothing of the
//! connection.

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

/// The most fields in a head of the plain kind. Browsers send fifteen.
const MAX_FIELDS: usize = 24;

/// What has been read of a request.
#[derive(Debug)]
pub enum ParsedRequest {
    /// All of it.
    Complete {
        /// The length of its head, in bytes.
        head_length: usize,
        /// Its head and its body.
        bytes: Bytes,
    },
    /// Not all of it.
    Partial {
        /// How long it is, in bytes, if its head is whole.
        request_length: Option<usize>,
    },
    /// Something that is not of the plain kind, or will not be.
    NotSimple,
}

/// Takes the first request from what was read, if it is all there and of the plain kind, and makes `request` what its
/// head says. A head may have `limit` bytes.
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
        // What is wrong with a request is for hyper to tell.
        _ => return ParsedRequest::NotSimple,
    };
    let (method, length) = match simple_method_and_length(&parsed) {
        Some((method, body)) if body <= limits::FAST_PATH_BODY => (method, head + body),
        _ => return ParsedRequest::NotSimple,
    };
    if read.len() < length {
        let wanted = Some(length);
        return ParsedRequest::Partial {
            request_length: wanted,
        };
    }
    let places = HeadRanges::new(&parsed, read);
    let whole = read.split_to(length).freeze();
    request.method = method;
    if places.fill_request(&whole, request).is_none() {
        put_back(read, &whole);
        return ParsedRequest::NotSimple;
    }
    ParsedRequest::Complete {
        head_length: head,
        bytes: whole,
    }
}

/// Makes as if a request had not been taken.
pub fn put_back(read: &mut BytesMut, whole: &[u8]) {
    let rest = std::mem::replace(read, whole.into());
    read.unsplit(rest);
}

/// The method of a request, and how many bytes its body has, if it is of the plain kind.
fn simple_method_and_length(request: &httparse::Request<'_, '_>) -> Option<(Method, usize)> {
    let (mut hosts, mut length) = (0, None);
    for field in &*request.headers {
        let named = |name: &HeaderName| field.name.eq_ignore_ascii_case(name.as_str());
        if named(&header::HOST) {
            hosts += 1;
        } else if named(&header::CONTENT_LENGTH) {
            // A second one is for hyper to judge.
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
    let plain = match request.method? {
        "POST" => (Method::POST, length?),
        "GET" => (Method::GET, length.unwrap_or(0)),
        _ => return None,
    };
    let sound = request.version? == 1 && hosts == 1 && request.path?.starts_with('/');
    sound.then_some(plain)
}

/// Where the parts of a head are.
struct HeadRanges {
    target: Range<usize>,
    fields: SmallVec<[[Range<usize>; 2]; MAX_FIELDS]>,
}

impl HeadRanges {
    fn new(parsed: &httparse::Request<'_, '_>, read: &[u8]) -> HeadRanges {
        let place = |part: &[u8]| {
            let start = part.as_ptr().addr() - read.as_ptr().addr();
            start..start + part.len()
        };
        let fields = parsed.headers.iter();
        HeadRanges {
            target: place(parsed.path.unwrap_or("").as_bytes()),
            fields: fields
                .map(|field| [place(field.name.as_bytes()), place(field.value)])
                .collect(),
        }
    }

    /// Makes `request`, whose method is known, what the bytes say. `None` if they say what `http` does not take.
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

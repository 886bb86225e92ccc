//! HTTP/1.1 without hyper: complete, simple requests are parsed and answered here; hyper gets the rest.

pub mod chunked_response;
pub mod fast_path;
pub mod host_check;
pub mod request_head;
pub mod response_head;

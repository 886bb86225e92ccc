//! Routes of OFREP: bulk and single evaluation and the change stream, by the path of a request.

use percent_encoding::percent_decode_str;

use crate::metric::http_server::request_labels::OFREP_BULK_ROUTE;
use crate::metric::http_server::request_labels::OFREP_SINGLE_ROUTE;
use crate::wire::ofrep::sse_events;

const EVALUATE_PATH: &str = "/ofrep/v1/evaluate/flags";

/// The resource of a request.
#[derive(Debug)]
pub enum OfrepRoute {
    /// All flags.
    AllFlags,
    /// The flag with this key.
    Flag(String),
    /// The stream of changes of the flags that the text selects.
    ChangeStream(String),
}

impl OfrepRoute {
    /// Parses a path. A key is one segment without slashes, not even escaped ones.
    pub fn parse(path: &str) -> Option<OfrepRoute> {
        let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
        match path.strip_prefix(sse_events::PATH) {
            Some("") => return Some(OfrepRoute::ChangeStream(String::new())),
            Some(rest) => {
                let text = rest.strip_prefix('/').filter(|text| !text.contains('/'))?;
                return decoded(text).map(OfrepRoute::ChangeStream);
            }
            None => {}
        }
        let rest = path.strip_prefix(EVALUATE_PATH)?;
        if matches!(rest, "" | "/") {
            return Some(OfrepRoute::AllFlags);
        }
        let key = decoded(rest.strip_prefix('/')?)?;
        (!key.contains('/')).then_some(OfrepRoute::Flag(key))
    }

    /// The route in metrics; empty for an unknown path.
    pub fn metric_route(route: Option<&OfrepRoute>) -> &'static str {
        match route {
            Some(OfrepRoute::AllFlags) => OFREP_BULK_ROUTE,
            Some(OfrepRoute::Flag(_)) => OFREP_SINGLE_ROUTE,
            Some(OfrepRoute::ChangeStream(_)) => sse_events::PATH,
            None => "",
        }
    }
}

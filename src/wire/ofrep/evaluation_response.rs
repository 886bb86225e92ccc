//! OFREP responses with evaluations, of one flag or of many, in JSON.

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::json;
use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::value::OwnedValue;
use crate::wire::evaluation::resolve_response;
use crate::wire::ofrep::error_response::OfrepErrorResponse;
use crate::wire::ofrep::error_response::evaluation_error;
use crate::wire::ofrep::error_response::write_metadata;
use crate::wire::selector_metadata;

/// The decision in the response: a null value is an error.
pub fn null_as_error(flag: &CompiledFlag, decision: Decision) -> Decision {
    match decision {
        Decision::Variant(index, _) if is_null(flag, index) => Decision::Error(ErrorCode::General),
        other => other,
    }
}

fn is_null(flag: &CompiledFlag, index: u16) -> bool {
    matches!(
        flag.variant_values.get(usize::from(index)),
        None | Some(OwnedValue::Null)
    )
}

/// The response for a decision.
///
/// # Errors
/// If the decision is an error, with the error response.
pub fn encode_evaluation(
    flag: &CompiledFlag,
    decision: Decision,
    selector: &Selector,
) -> Result<String, OfrepErrorResponse> {
    // Room for most responses: growing costs more instructions than any other part of the encoding.
    let mut out = String::with_capacity(256);
    write_evaluation(&mut out, flag, decision, selector).map(|()| out)
}

/// Appends the response for a decision. Appends nothing on an error.
fn write_evaluation(
    out: &mut String,
    flag: &CompiledFlag,
    decision: Decision,
    selector: &Selector,
) -> Result<(), OfrepErrorResponse> {
    let metadata = selector_metadata::response_metadata(flag, selector);
    let (reason, chosen) = match decision {
        Decision::Error(code) => return Err(evaluation_error(&flag.key, code, &metadata)),
        Decision::Disabled => (resolve_response::REASON_DISABLED, None),
        Decision::NoDefault => (resolve_response::REASON_NO_DEFAULT, None),
        Decision::Variant(index, reason) => {
            let index = usize::from(index);
            let value = flag.variant_values.get(index);
            let value = value.filter(|value| **value != OwnedValue::Null);
            let Some(chosen) = value.zip(flag.variant_names.get(index)) else {
                return Err(evaluation_error(&flag.key, ErrorCode::General, &metadata));
            };
            (reason.as_str(), Some(chosen))
        }
    };
    out.push('{');
    if let Some((value, _)) = chosen {
        out.push_str("\"value\":");
        json::write_value(out, value);
        out.push(',');
    }
    out.push_str("\"key\":");
    json::write_string(out, &flag.key);
    out.push_str(",\"reason\":\"");
    out.push_str(reason);
    out.push('"');
    if let Some((_, variant)) = chosen {
        out.push_str(",\"variant\":");
        json::write_string(out, variant);
    }
    write_metadata(out, Some(&metadata));
    out.push('}');
    Ok(())
}

/// An encoder of the response for many flags, entry by entry.
#[derive(Debug)]
pub struct BulkEvaluationEncoder(String);

impl BulkEvaluationEncoder {
    /// A response without entries, with capacity for about `count`.
    pub fn new(count: usize) -> BulkEvaluationEncoder {
        let mut out = String::with_capacity(64 + 160 * count);
        out.push_str("{\"flags\":[");
        BulkEvaluationEncoder(out)
    }

    /// Appends the response or the error response that [`encode_evaluation`] returns for a decision.
    pub fn push(&mut self, flag: &CompiledFlag, decision: Decision, selector: &Selector) {
        if !self.0.ends_with('[') {
            self.0.push(',');
        }
        if let Err(failure) = write_evaluation(&mut self.0, flag, decision, selector) {
            self.0.push_str(&failure.body);
        }
    }

    /// The encoded response. `event_streams` is the member that [`StreamEndpoint::event_streams_member`] returns.
    ///
    /// [`StreamEndpoint::event_streams_member`]: crate::wire::ofrep::sse_events::StreamEndpoint::event_streams_member
    pub fn finish(self, selector: &Selector, event_streams: &str) -> String {
        let mut out = self.0;
        out.push(']');
        write_metadata(
            &mut out,
            Some(selector_metadata::selector_metadata(selector).as_slice()),
        );
        out.push_str(event_streams);
        out.push('}');
        out
    }
}

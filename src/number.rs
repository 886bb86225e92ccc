//! Numbers as text, parsed and formatted exactly as Go's `strconv` and `encoding/json` do.
//!
//! flagd's results depend on both: `"1_000" == 1000` holds there, `" 1 " == 1` does not, and a rule that
//! yields `1e21` selects the variant named `1e+21`.

mod go_format;
mod go_parse;

pub use crate::number::go_format::truncate_to_i64;
pub use crate::number::go_format::write_decimal;
pub use crate::number::go_format::write_general;
pub use crate::number::go_format::write_json;
pub use crate::number::go_parse::ParseNumberError;
pub use crate::number::go_parse::parse;
pub use crate::number::go_parse::parse_or_zero;

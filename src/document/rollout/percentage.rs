//! `Percentage`: a share of units in exact steps of 0.001 percent.

use std::fmt;

use crate::document::number_token::number_in_text;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// A share of all units in steps of 0.001 percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "control", derive(serde::Serialize, serde::Deserialize))]
pub struct Percentage(u32);

impl Percentage {
    /// The number of steps: the sum of the weights in every rule of a rollout. The sum is constant, so that the bucket
    /// of a unit never depends on the share.
    pub const TOTAL_WEIGHT: u32 = 100_000;
    /// 0 %.
    pub const NONE: Percentage = Percentage(0);
    /// 100 %.
    pub const ALL: Percentage = Percentage(Percentage::TOTAL_WEIGHT);

    /// A share of `count` thousandths of a percent, limited to 100 %.
    pub const fn from_thousandths(count: u32) -> Percentage {
        if count > Percentage::TOTAL_WEIGHT {
            return Percentage::ALL;
        }
        Percentage(count)
    }

    /// The share in thousandths of a percent, from 0 to [`Percentage::TOTAL_WEIGHT`].
    pub fn weight(self) -> u32 {
        self.0
    }

    /// The share in percent.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 1000.0
    }

    /// This share times `part / whole`, rounded down.
    pub fn scale(self, part: u32, whole: u32) -> Percentage {
        let scaled = u64::from(self.0) * u64::from(part) / u64::from(whole.max(1));
        Percentage::from_thousandths(u32::try_from(scaled).unwrap_or(Percentage::TOTAL_WEIGHT))
    }

    /// Parses a percentage.
    ///
    /// # Errors
    /// The message and the help, if the value is not a percentage.
    pub fn parse(node: &Node) -> Result<Percentage, (String, String)> {
        match node.kind {
            NodeKind::Number(percent) => Percentage::from_percent(percent),
            _ => Err(explain_type(node)),
        }
    }

    /// The share of `percent` percent.
    ///
    /// # Errors
    /// The message and the help, if it is not from 0 to 100 or not a multiple of 0.001.
    pub fn from_percent(percent: f64) -> Result<Percentage, (String, String)> {
        if !(0.0..=100.0).contains(&percent) {
            return Err((
                format!("is {percent}"),
                "write a number from 0 to 100".to_owned(),
            ));
        }
        let steps = (percent * 1000.0).round();
        if (steps / 1000.0 - percent).abs() > 1e-9 {
            let help = "round it to at most three decimals";
            return Err((
                format!("is {percent}, which is not a multiple of 0.001"),
                help.to_owned(),
            ));
        }
        let steps = crate::number::truncate_to_i64(steps);
        Ok(Percentage::from_thousandths(
            u32::try_from(steps).unwrap_or(0),
        ))
    }
}

/// The message and the help for a value that is no number.
fn explain_type(node: &Node) -> (String, String) {
    let Some(text) = node.as_text() else {
        let help = "write a number from 0 to 100, without a percent sign";
        return (format!("is {}", node.type_name()), help.to_owned());
    };
    let help = match number_in_text(text) {
        Some(number) if text.contains('%') => {
            format!("write {number}, without a percent sign")
        }
        Some(number) => format!("write {number}, without quotes"),
        None => "write a number from 0 to 100".to_owned(),
    };
    (format!("is the string `{text}`, not a number"), help)
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent())
    }
}

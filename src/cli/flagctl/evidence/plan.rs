//! `flagctl evidence plan`: how many failures and how long it takes until a regression is caught.

use std::fmt::Write as _;

use crate::cli::output::columns;
use crate::cli::output::command_output::CommandOutput;
use crate::evidence::detection::DetectionTime;
use crate::evidence::detection::PlannedRollout;
use crate::evidence::threshold_rule::ThresholdRule;
use crate::evidence::threshold_rule::false_alarm;
use crate::evidence::threshold_rule::false_alarm::HealthyTraffic;

/// The ratios of error rates in the table.
const RATIOS: [f64; 4] = [1.5, 2.0, 3.0, 10.0];

/// Looks of a day, one per minute.
const LOOKS: usize = 24 * 60;

/// The arguments of `evidence plan`.
#[derive(Debug, clap::Args)]
pub struct EvidencePlanArgs {
    /// Share of the treatment in percent, such as 10.
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    share: f64,
    /// Units of both arms per minute.
    #[arg(long, value_name = "UNITS", value_parser = parse_positive)]
    traffic: f64,
    /// Share of units that fail without the change, in percent, such as 0.8.
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    base_rate: f64,
    /// Chance of a false alarm.
    #[arg(long, default_value = "0.05", value_name = "ALPHA", value_parser = parse_alpha)]
    alpha: f64,
    /// Hours for which the stage lasts.
    #[arg(long, default_value = "24", value_name = "HOURS", value_parser = parse_positive)]
    hold: f64,
    /// Also estimate how often threshold rules trip in 24 hours although nothing is wrong.
    #[arg(long)]
    threshold_rules: bool,
}

/// Prints the answers.
///
/// # Errors
/// None: the argument parser has checked the numbers.
pub fn run(arguments: &EvidencePlanArgs) -> anyhow::Result<CommandOutput> {
    let rollout = PlannedRollout {
        share: arguments.share,
        units_per_minute: arguments.traffic,
        base_rate: arguments.base_rate,
        alpha: arguments.alpha,
    };
    let mut rows = vec![columns::row([
        "REGRESSION",
        "FAILURES",
        "AT BEST",
        "WITHIN",
    ])];
    rows.extend(
        RATIOS
            .iter()
            .map(|ratio| row(*ratio, rollout.detection(*ratio))),
    );
    let mut out = columns::align_columns(&rows);
    let minutes = arguments.hold * 60.0;
    let held = format_minutes(minutes);
    let _ = match rollout.smallest_ratio(minutes) {
        Some(ratio) => writeln!(out, "\nin {held}: {ratio:.2}× and more"),
        None => writeln!(
            out,
            "\nin {held}: no regression is caught, traffic or share are too small"
        ),
    };
    let largest = rollout.largest_ratio();
    let _ = writeln!(out, "ceiling: {largest:.1}×, when every unit fails");
    if arguments.threshold_rules {
        out.push('\n');
        out.push_str(&false_alarms(&rollout));
    }
    Ok(CommandOutput::from_stdout(out))
}

fn row(ratio: f64, time: Option<DetectionTime>) -> Vec<String> {
    let name = format!("{ratio}×");
    let Some(time) = time else {
        return vec![name, "-".into(), "impossible".into(), "impossible".into()];
    };
    vec![
        name,
        format!("{:.0}", time.failures.ceil()),
        format_minutes(time.minutes),
        format_minutes(time.most_minutes),
    ]
}

fn format_minutes(minutes: f64) -> String {
    match minutes {
        _ if minutes < 120.0 => format!("{minutes:.0} min"),
        _ if minutes < 2880.0 => format!("{:.1} h", minutes / 60.0),
        _ => format!("{:.1} d", minutes / 1440.0),
    }
}

/// The estimated false alarms of the rules that people write.
fn false_alarms(rollout: &PlannedRollout) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the argument is positive, and traffic is far below 2^53"
    )]
    let traffic = HealthyTraffic {
        units_per_look: rollout.units_per_minute.round().max(1.0) as u64,
        share: rollout.share,
        base_rate: rollout.base_rate,
        looks: LOOKS,
    };
    let rules = threshold_rules(rollout.base_rate * 1.25);
    let mut rows = vec![columns::row([
        "THRESHOLD RULE",
        "FALSE ALARMS IN 24 H",
        "99 % INTERVAL",
    ])];
    rows.extend(rules.iter().map(|(name, rule)| {
        let estimate = false_alarm::estimate(rule, &traffic, 1);
        let (low, high) = estimate.bounds;
        vec![
            (*name).to_owned(),
            format!("{:.0} %", estimate.probability * 100.0),
            format!("{:.0} to {:.0} %", low * 100.0, high * 100.0),
        ]
    }));
    columns::align_columns(&rows)
}

/// The rules of the table, some of them with a limit a quarter above the base rate.
fn threshold_rules(max: f64) -> [(&'static str, ThresholdRule); 5] {
    let relative = |strict| ThresholdRule::AbsoluteOrRelative {
        absolute: 0.05,
        multiple: 3.0,
        min_units: 200,
        window: None,
        strict,
    };
    [
        ("5 % or 3× the control, 200 units", relative(false)),
        ("the same, strict", relative(true)),
        (
            "1.25× the base rate, 15 minutes",
            ThresholdRule::Windowed {
                max,
                max_latency: None,
                window: 15,
            },
        ),
        (
            "1.25× the base rate, each minute",
            ThresholdRule::TwoLimits {
                max,
                max_latency: None,
            },
        ),
        (
            "1.25× the base rate, once after 24 h",
            ThresholdRule::Criteria {
                max,
                max_latency: None,
                min_units: 200,
                looks: LOOKS,
            },
        ),
    ]
}

fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim().parse::<f64>();
    match number {
        Ok(percent) if percent > 0.0 && percent < 100.0 => Ok(percent / 100.0),
        _ => Err("write a percentage above 0 and below 100, such as 10".to_owned()),
    }
}

fn parse_positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1e12 => Ok(number),
        _ => Err("write a number above 0".to_owned()),
    }
}

fn parse_alpha(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(alpha) if alpha > 0.0 && alpha < 1.0 => Ok(alpha),
        _ => Err("write a number above 0 and below 1, such as 0.05".to_owned()),
    }
}

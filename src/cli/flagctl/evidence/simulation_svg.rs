//! The pictures of `flagctl evidence simulate`.

use std::fmt::Write as _;

use crate::cli::flagctl::evidence::simulated_alarms;
use crate::cli::flagctl::evidence::simulated_alarms::RegressionAlarms;
use crate::cli::flagctl::evidence::simulated_alarms::ScenarioAlarms;
use crate::evidence::simulation::campaign;
use crate::evidence::simulation::guarded_rollout::TESTS;

const HEAD: &str = "font-family=\"sans-serif\" font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";

/// The colours of tests, rivals and oracles.
const COLORS: [&str; 3] = ["#0b62a4", "#d1661c", "#777777"];

/// The rules whose detection times are drawn.
const DRAWN: [&str; 6] = [
    "no worse",
    "share bet",
    "5 % or 3×, 10 min",
    "z-test per minute",
    "knows size and onset",
    "knows size",
];

/// A row for each scenario, with a mark for each rule at its part of false alarms, on a logarithmic axis.
pub fn false_alarms(scenarios: &[ScenarioAlarms]) -> String {
    let height = 60 + 28 * scenarios.len();
    let mut out =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {height}\" {HEAD}");
    let x = |percent: f64| 200.0 + 170.0 * (percent.max(0.1).log10() + 1.0);
    for percent in [0.1, 1.0, 5.0, 10.0, 100.0] {
        let (x, bottom) = (x(percent), height - 30);
        let color = if percent == 5.0 { "#b00020" } else { "#dddddd" };
        let _ = writeln!(out, "<path d=\"M{x:.1} 30V{bottom}\" stroke=\"{color}\"/>");
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"22\" text-anchor=\"middle\">{percent} %</text>"
        );
    }
    for (row, alarms) in scenarios.iter().enumerate() {
        let y = 48 + 28 * row;
        let _ = writeln!(
            out,
            "<text x=\"8\" y=\"{}\">{}</text>",
            y + 4,
            alarms.scenario.title()
        );
        for rule in (0..campaign::RULES - 2).rev() {
            let part =
                simulated_alarms::false_alarms(alarms, rule) as f64 / alarms.runs.len() as f64;
            let broken = rule == 1 && alarms.scenario.repeats_errors();
            let kind = usize::from(rule >= TESTS.len());
            let (x, color) = (
                x(100.0 * part),
                COLORS.get(kind).copied().unwrap_or_default(),
            );
            let fill = if broken { "none" } else { color };
            let _ = writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y}\" r=\"5\" fill=\"{fill}\" stroke=\"{color}\"/>"
            );
        }
    }
    let y = height - 10;
    let _ = writeln!(
        out,
        "<text x=\"8\" y=\"{y}\">blue: tests (hollow: assumption broken), orange: threshold rules, red: 5 %, 0.1 % and less at the left</text>\n</svg>"
    );
    out
}

/// For each rule the part of the runs in which a regression was caught, over the minutes since it began.
pub fn detection(regressions: &[RegressionAlarms]) -> String {
    let mut out =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 620\" {HEAD}");
    for (index, alarms) in regressions.iter().enumerate() {
        let (left, top) = (40 + 370 * (index % 2), 40 + 270 * (index / 2));
        let scale = if alarms.ratio < 5.0 { 60.0 } else { 15.0 };
        let _ = writeln!(
            out,
            "<text x=\"{left}\" y=\"{}\">{}</text>",
            top - 8,
            simulated_alarms::title(alarms)
        );
        let _ = writeln!(
            out,
            "<path d=\"M{left} {top}v200h320\" fill=\"none\" stroke=\"#999\"/>"
        );
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{scale} min</text>",
            left + 320,
            top + 216
        );
        for (rule, name) in campaign::rule_names().enumerate() {
            if let Some(drawn) = DRAWN.iter().position(|drawn| *drawn == name) {
                curve(&mut out, alarms, rule, (left, top, scale), &style(drawn));
            }
        }
    }
    for (drawn, name) in DRAWN.iter().enumerate() {
        let (x, y) = (40 + 240 * (drawn % 3), 580 + 20 * (drawn / 3));
        let _ = writeln!(
            out,
            "<path d=\"M{x} {y}h24\" fill=\"none\" {}/>",
            style(drawn)
        );
        let _ = writeln!(out, "<text x=\"{}\" y=\"{}\">{name}</text>", x + 30, y + 4);
    }
    out.push_str("</svg>\n");
    out
}

/// Two rules of a kind share a colour; the second is dashed.
fn style(drawn: usize) -> String {
    let color = COLORS.get(drawn / 2).copied().unwrap_or_default();
    let dash = if drawn % 2 == 1 {
        " stroke-dasharray=\"5 3\""
    } else {
        ""
    };
    format!("stroke=\"{color}\" stroke-width=\"1.5\"{dash}")
}

fn curve(
    out: &mut String,
    alarms: &RegressionAlarms,
    rule: usize,
    (left, top, scale): (usize, usize, f64),
    style: &str,
) {
    let delays = simulated_alarms::delays(alarms, rule);
    if delays.len() * 2 < alarms.runs.len() {
        return;
    }
    let mut path = format!("M{left} {}", top + 200);
    let mut caught = 0;
    for same in delays.chunk_by(|one, next| one == next) {
        caught += same.len();
        let Some(delay) = same.first().filter(|delay| **delay <= scale) else {
            break;
        };
        let x = left as f64 + 320.0 * delay / scale;
        let y = top as f64 + 200.0 - 200.0 * caught as f64 / delays.len() as f64;
        let _ = write!(path, "H{x:.1}V{y:.1}");
    }
    let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" {style}/>");
}

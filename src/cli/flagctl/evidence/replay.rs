//! `flagctl evidence replay`: runs one test over recorded counts.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::flagctl::evidence::json_lines::JsonLine;
use crate::cli::flagctl::evidence::json_lines::JsonLines;
use crate::cli::flagctl::evidence::test_header::TestHeader;
use crate::cli::output::command_output::CommandOutput;
use crate::evidence::arm_counts::ArmSeries;
use crate::evidence::arm_counts::LookCounts;
use crate::evidence::guardrail;
use crate::evidence::guardrail::GuardrailState;
use crate::evidence::guardrail::kind::GuardrailKind;
use crate::evidence::verdict::Assessment;
use crate::evidence::verdict::Verdict;
use crate::json::ObjectWriter;

/// The looks of a recording: 20 years of minutes.
const MOST_LOOKS: usize = 10_000_000;

/// The arguments of `evidence replay`.
#[derive(Debug, clap::Args)]
pub struct EvidenceReplayArgs {
    /// File with a JSON object per line, or - for standard input: first {"test": "compare", "alpha": 0.05}, then
    /// {"t": 60, "atRisk": {"control": 900, "treatment": 100}, "failed": {"control": 7, "treatment": 1}}
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Prints a verdict for each line. Fails if the treatment regressed.
///
/// # Errors
/// If the file cannot be read, or a line is invalid.
pub fn run(arguments: &EvidenceReplayArgs) -> anyhow::Result<CommandOutput> {
    let mut lines = JsonLines::open(&arguments.file)?;
    let empty = || {
        format!(
            "`{}` is empty: begin with the line of the test",
            arguments.file.display()
        )
    };
    let first = lines.next_object()?.with_context(empty)?;
    let mut replay = Replay::new(TestHeader::parse(&first)?);
    while let Some(line) = lines.next_object()? {
        let counts = parse_look(&line, &replay.header.guardrail)?;
        anyhow::ensure!(
            replay.looks < MOST_LOOKS,
            line.error("too many lines: split the file")
        );
        replay.add(&counts);
    }
    Ok(replay.finish())
}

/// A test in progress, and its output.
pub struct Replay {
    /// The test.
    pub header: TestHeader,
    state: GuardrailState,
    looks: usize,
    regressed: bool,
    out: String,
}

impl Replay {
    /// A test before the first look.
    pub fn new(header: TestHeader) -> Replay {
        Replay {
            header,
            state: GuardrailState::new(&header.guardrail),
            looks: 0,
            regressed: false,
            out: String::new(),
        }
    }

    /// Adds a look and prints its verdict.
    pub fn add(&mut self, counts: &LookCounts) {
        let TestHeader { guardrail, alpha } = &self.header;
        let (state, assessment) = guardrail::look(guardrail, *alpha, self.state.clone(), counts);
        self.state = state;
        self.looks += 1;
        self.regressed |= assessment.verdict == Verdict::Regressed;
        write_line(&mut self.out, counts.t, &assessment);
    }

    /// The output of the command.
    pub fn finish(self) -> CommandOutput {
        CommandOutput {
            stdout: self.out,
            stderr: Vec::new(),
            success: !self.regressed,
        }
    }
}

fn write_line(out: &mut String, t: u64, assessment: &Assessment) {
    ObjectWriter::write(out, |line| {
        line.number("t", t);
        line.number("logE", assessment.log_e);
        line.string("verdict", assessment.verdict.name());
        if let Verdict::Invalid(reason) = assessment.verdict {
            line.string("reason", reason.name());
        }
    });
    out.push('\n');
}

/// Parses the counts of a line. A limit and a bet on events call them `units` and `bad`.
fn parse_look(line: &JsonLine, guardrail: &GuardrailKind) -> anyhow::Result<LookCounts> {
    let [units, bad] = match guardrail {
        GuardrailKind::ShareBet { .. }
        | GuardrailKind::Limit { .. }
        | GuardrailKind::Latency { .. } => ["units", "bad"],
        GuardrailKind::NoWorse { .. }
        | GuardrailKind::MustNotFall { .. }
        | GuardrailKind::Health { .. } => ["atRisk", "failed"],
    };
    line.expect_own_members(&["t", units, bad])?;
    Ok(LookCounts {
        t: line.time()?,
        at_risk: parse_arms(line, units)?,
        failed: parse_arms(line, bad)?,
        possibly_failed: None,
    })
}

/// Parses `{"control": n, "treatment": n}`. A missing arm is a series that the source does not have; a plain number is the
/// treatment's.
fn parse_arms(line: &JsonLine, name: &str) -> anyhow::Result<ArmSeries> {
    let Some(node) = line.member(name) else {
        return Err(line.error(format_args!(
            "`{name}` is missing: write `\"{name}\": {{\"control\": 0, \"treatment\": 0}}`"
        )));
    };
    if node.as_map().is_none() {
        return Ok(ArmSeries {
            control: None,
            treatment: Some(line.count(name, node)?),
        });
    }
    line.expect_members(node, &["control", "treatment"])?;
    let arm = |arm: &str| {
        let node = node.member(arm);
        node.map(|node| line.count(&format!("{name}.{arm}"), node))
            .transpose()
    };
    Ok(ArmSeries {
        control: arm("control")?,
        treatment: arm("treatment")?,
    })
}

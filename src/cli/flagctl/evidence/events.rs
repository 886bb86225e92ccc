//! `flagctl evidence events`: counts raw exposures and outcomes, and runs one test over the counts.

use std::path::PathBuf;

use crate::cli::flagctl::evidence::json_lines::JsonLine;
use crate::cli::flagctl::evidence::json_lines::JsonLines;
use crate::cli::flagctl::evidence::replay::Replay;
use crate::cli::flagctl::evidence::test_header::TestHeader;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::evidence::arm_counts::LookCounts;
use crate::evidence::counting::lane::Arm;
use crate::evidence::counting::lane::Lane;
use crate::evidence::counting::unit_sample::SampledLook;
use crate::evidence::counting::unit_sample::UnitSample;
use crate::evidence::counting::unit_sample::unit_hash;
use crate::evidence::e_process::absolute_limit::Counted;
use crate::evidence::guardrail::kind::GuardrailKind;

/// Looks without an event that are still printed one by one.
const MOST_EMPTY_LOOKS: u64 = 1_000_000;

/// The arguments of `evidence events`.
#[derive(Debug, clap::Args)]
pub struct EvidenceEventsArgs {
    /// File with a JSON object per line, in order of time, or - for standard input: {"t": 3, "unit": "user-1", "lane":
    /// "share", "arm": "control"} is an exposure, and an outcome with "outcome": "error". The first line may name a
    /// test as for `replay`.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Seconds between two looks.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: u64,
    /// Count only outcomes with this name; may be repeated.
    #[arg(long, value_name = "NAME")]
    outcome: Vec<String>,
    /// Units that are kept. With more units, half of them are sampled by a hash.
    #[arg(long, default_value_t = 1_000_000, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    max_units: u64,
}

/// Prints a verdict for each look. Fails if the treatment regressed.
///
/// # Errors
/// If the file cannot be read, or a line is invalid.
pub fn run(arguments: &EvidenceEventsArgs) -> anyhow::Result<CommandOutput> {
    let mut lines = JsonLines::open(&arguments.file)?;
    let mut line = lines.next_object()?;
    let mut header = TestHeader::default();
    if let Some(first) = line.take_if(|first| first.member("test").is_some()) {
        header = TestHeader::parse(&first)?;
        line = lines.next_object()?;
    }
    let capacity = usize::try_from(arguments.max_units)?;
    let mut count = EventCount {
        replay: Replay::new(header),
        sample: UnitSample::new(capacity),
        every: arguments.every,
        began: None,
        next_look: 0,
        last: 0,
    };
    while let Some(event) = line {
        count.add(&event, &arguments.outcome)?;
        line = lines.next_object()?;
    }
    Ok(count.finish())
}

/// A count in progress.
struct EventCount {
    replay: Replay,
    sample: UnitSample,
    every: u64,
    began: Option<u64>,
    next_look: u64,
    last: u64,
}

impl EventCount {
    fn add(&mut self, line: &JsonLine, outcomes: &[String]) -> anyhow::Result<()> {
        line.expect_own_members(&["t", "unit", "lane", "arm", "outcome"])?;
        let t = line.time()?;
        let began = *self.began.get_or_insert_with(|| {
            self.next_look = t + self.every;
            t
        });
        if t < self.last.max(began) {
            let before = self.last;
            return Err(line.error(format_args!(
                "`t` is {t}, after a line with {before}: sort the lines by time"
            )));
        }
        self.last = t;
        let missed = t.saturating_sub(self.next_look) / self.every;
        anyhow::ensure!(
            missed < MOST_EMPTY_LOOKS,
            line.error("more than a million looks without an event: choose a larger --every")
        );
        while t >= self.next_look {
            self.look();
        }
        let since = u32::try_from(t - began);
        let since = since
            .map_err(|_| line.error("the recording is longer than 136 years: write seconds"))?;
        let missing = |name: &str, example: &str| {
            line.error(format_args!(
                "`{name}` is missing: write `\"{name}\": \"{example}\"`"
            ))
        };
        let unit = line
            .optional_name("unit", &[])?
            .ok_or_else(|| missing("unit", "user-1"))?;
        let lane = line.optional_name("lane", &["share", "ring", "allow"])?;
        let lane = lane
            .and_then(Lane::from_name)
            .ok_or_else(|| missing("lane", "share"))?;
        let arm = line.optional_name("arm", &["control", "treatment"])?;
        let arm = arm
            .and_then(Arm::from_name)
            .ok_or_else(|| missing("arm", "control"))?;
        match line.optional_name("outcome", &[])? {
            None => self.sample.expose(unit_hash(unit), lane, arm, since),
            Some(name) if outcomes.is_empty() || outcomes.iter().any(|wanted| wanted == name) => {
                self.sample.fail(unit_hash(unit), lane, since);
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn look(&mut self) {
        let began = self.began.unwrap_or(0);
        let since = u32::try_from(self.next_look - began).unwrap_or(u32::MAX);
        let look = self.sample.take_look(since);
        let counts = LookCounts {
            t: self.next_look,
            ..counts_for(&self.replay.header.guardrail, &look)
        };
        self.replay.add(&counts);
        self.next_look += self.every;
    }

    fn finish(mut self) -> CommandOutput {
        if self.began.is_some() {
            self.look();
        }
        let ignored = self.sample.ignored;
        let notes = [
            (
                ignored.other_lanes,
                "lines of rings and allow lists, which are not randomised",
            ),
            (
                ignored.unexposed,
                "outcomes of units without an exposure before",
            ),
            (
                ignored.switched,
                "exposures of units in the other arm than before",
            ),
        ];
        let notes = notes.into_iter().filter(|(count, _)| *count > 0);
        let mut output = self.replay.finish();
        output.stderr = notes
            .map(|(count, what)| Message::Note(format!("left out: {count} {what}")))
            .collect();
        if self.sample.threshold() < u64::MAX {
            let kept = self.sample.len();
            let text =
                format!("the counts are those of a sample of {kept} units: raise --max-units");
            output.stderr.push(Message::Note(text));
        }
        output
    }
}

/// The counts that a test needs.
fn counts_for(guardrail: &GuardrailKind, look: &SampledLook) -> LookCounts {
    match guardrail {
        GuardrailKind::NoWorse { .. }
        | GuardrailKind::MustNotFall { .. }
        | GuardrailKind::Health { .. } => look.first_failures,
        GuardrailKind::Limit {
            counted: Counted::Units,
            ..
        } => look.new_units,
        GuardrailKind::ShareBet { .. }
        | GuardrailKind::Limit {
            counted: Counted::Events,
            ..
        }
        | GuardrailKind::Latency { .. } => look.events,
    }
}

//! The public suite for the official provider for Rust.
//!
//! Environment variables: MODE, TAGS, FEATURES, TESTBED, LAUNCHED, REPORTS.

mod configuration;
mod connection;
mod flags;
mod values;

use std::path::PathBuf;

use cucumber::World as _;
use cucumber::cli;
use cucumber::feature::Ext as _;
use cucumber::gherkin::Feature;
use cucumber::gherkin::GherkinEnv;
use cucumber::parser;
use cucumber::writer;
use futures::stream;

use crate::configuration::Option as Setting;
use crate::flags::Answer;
use crate::flags::Flag;

/// The state of one scenario.
#[derive(cucumber::World, Debug, Default)]
pub struct World {
    options: Vec<Setting>,
    environment: Vec<String>,
    config: Option<configuration::Outcome>,
    client: Option<connection::Client>,
    flag: Flag,
    context: open_feature::EvaluationContext,
    answer: Answer,
}

impl Drop for World {
    fn drop(&mut self) {
        for name in &self.environment {
            // SAFETY: scenarios run one after the other, and nothing else of this process sets variables.
            unsafe { std::env::remove_var(name) };
        }
    }
}

/// The suite's files. Their tables contain `\u0301`, which the parser would reject as an invalid escape.
struct Files;

impl cucumber::Parser<Vec<PathBuf>> for Files {
    type Cli = cli::Empty;
    type Output = stream::Iter<std::vec::IntoIter<parser::Result<Feature>>>;

    fn parse(self, paths: Vec<PathBuf>, _: cli::Empty) -> Self::Output {
        let features: Vec<_> = paths.into_iter().map(feature).collect();
        stream::iter(features)
    }
}

fn feature(path: PathBuf) -> parser::Result<Feature> {
    let text = std::fs::read_to_string(&path).expect("a feature file");
    let mut feature =
        Feature::parse(text.replace("\\u", "\\\\u"), GherkinEnv::default()).expect("a feature");
    feature.path = Some(path);
    Ok(feature.expand_examples()?)
}

pub fn named(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set"))
}

/// Returns true if tags match an expression such as `@a and not @b`.
fn wanted(expression: &str, tags: &[&String]) -> bool {
    expression.split(" and ").all(|part| {
        let has = |tag: &str| {
            tags.iter()
                .any(|each| Some(each.as_str()) == tag.strip_prefix('@'))
        };
        part.strip_prefix("not ")
            .map_or_else(|| has(part), |tag| !has(tag))
    })
}

#[tokio::main]
async fn main() {
    let gherkin = PathBuf::from(named("TESTBED")).join("gherkin");
    let paths = named("FEATURES")
        .split_whitespace()
        .map(|name| gherkin.join(name))
        .collect();
    let report =
        std::fs::File::create(PathBuf::from(named("REPORTS")).join("report.json")).expect("a file");
    let expression = named("TAGS");
    World::cucumber::<PathBuf>()
        .with_parser(Files)
        .with_writer(writer::Json::new(report))
        .max_concurrent_scenarios(1)
        .filter_run(paths, move |feature, _, scenario| {
            wanted(
                &expression,
                &feature
                    .tags
                    .iter()
                    .chain(&scenario.tags)
                    .collect::<Vec<_>>(),
            )
        })
        .await;
}

//! Feature files of the suite, one row for each combination of scenario and example.

use std::path::Path;

use gherkin::Feature;
use gherkin::GherkinEnv;
use gherkin::Step;

/// One row of a scenario.
pub struct ScenarioRow {
    pub name: String,
    pub steps: Vec<Step>,
}

pub fn scenario_rows(
    testbed: &Path,
    file: &str,
    wanted: fn(&[String]) -> bool,
) -> Vec<ScenarioRow> {
    let path = testbed.join("gherkin").join(file);
    let text = std::fs::read_to_string(path).expect("a feature");
    // The parser supports only Gherkin's own escapes, and tables of the suite also contain `\u0301`.
    let text = text.replace("\\u", "\\\\u");
    let feature = Feature::parse(text, GherkinEnv::default()).expect("a feature");
    let background = feature.background.iter().flat_map(|b| b.steps.clone());
    let background: Vec<Step> = background.collect();
    let mut cases = Vec::new();
    for scenario in &feature.scenarios {
        let tags = [feature.tags.clone(), scenario.tags.clone()].concat();
        let steps = [background.clone(), scenario.steps.clone()].concat();
        if scenario.examples.is_empty() && wanted(&tags) {
            let name = scenario.name.clone();
            cases.push(ScenarioRow {
                name,
                steps: steps.clone(),
            });
        }
        for examples in &scenario.examples {
            let tags = [tags.clone(), examples.tags.clone()].concat();
            let Some((head, rows)) = examples.table.as_ref().and_then(|t| t.rows.split_first())
            else {
                continue;
            };
            for row in rows.iter().filter(|_| wanted(&tags)) {
                let name = format!("{} {row:?}", scenario.name);
                let steps = steps
                    .iter()
                    .map(|step| substitute_examples(step, head, row))
                    .collect();
                cases.push(ScenarioRow { name, steps });
            }
        }
    }
    cases
}

/// A step with each `<name>` replaced by the cell of that column.
fn substitute_examples(step: &Step, head: &[String], row: &[String]) -> Step {
    let mut step = step.clone();
    for (name, cell) in head.iter().zip(row) {
        step.value = step.value.replace(&format!("<{name}>"), cell);
    }
    step
}

//! Templates of plans: lists of stages with a name.

/// The names of all templates.
pub const NAMES: [&str; 8] = [
    "careful",
    "four-stage",
    "doubling",
    "ladder",
    "tenfold",
    "linear",
    "rings",
    "regions",
];

/// A template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanTemplate {
    /// `four-stage`, and the exposure lapses if nobody watches it.
    Careful,
    /// canary, early, quarter, all; a person ends the first and the last stage.
    FourStage,
    /// 1, 2, 4 and so on up to 64 %, then 100 %.
    Doubling,
    /// 1, 5, 10, 25, 50, 100 %.
    Ladder,
    /// 1, 10, 25, 50, 100 %.
    Tenfold,
    /// 10, 20 and so on up to 100 %.
    Linear,
    /// The rings of the document, the innermost first, then everybody.
    Rings,
    /// The regions of the plan one after the other, then everybody.
    Regions,
}

/// A stage of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateStage {
    /// The name.
    pub name: String,
    /// The share in percent, if it changes.
    pub percent: Option<f64>,
    /// The hold in milliseconds, if it is not that of the plan.
    pub hold_ms: Option<u64>,
    /// True if a person ends the stage.
    pub is_manual: bool,
    /// A ring that is added.
    pub ring: Option<String>,
    /// A region that gets 100 %.
    pub region: Option<String>,
}

const HOUR_MS: u64 = 3_600_000;

impl PlanTemplate {
    /// The template of this name.
    pub fn from_name(name: &str) -> Option<PlanTemplate> {
        Some(match name {
            "careful" => PlanTemplate::Careful,
            "four-stage" => PlanTemplate::FourStage,
            "doubling" => PlanTemplate::Doubling,
            "ladder" => PlanTemplate::Ladder,
            "tenfold" => PlanTemplate::Tenfold,
            "linear" => PlanTemplate::Linear,
            "rings" => PlanTemplate::Rings,
            "regions" => PlanTemplate::Regions,
            _ => return None,
        })
    }

    /// The lease that the template sets, in milliseconds.
    pub fn lease_ms(self) -> Option<u64> {
        (self == PlanTemplate::Careful).then_some(6 * HOUR_MS)
    }

    /// The stages. `names` are the rings of the document, or the regions of the plan.
    pub fn stages(self, names: &[String]) -> Vec<TemplateStage> {
        match self {
            PlanTemplate::Careful | PlanTemplate::FourStage => four_stages(),
            PlanTemplate::Doubling => shares(&[1., 2., 4., 8., 16., 32., 64., 100.]),
            PlanTemplate::Ladder => shares(&[1., 5., 10., 25., 50., 100.]),
            PlanTemplate::Tenfold => shares(&[1., 10., 25., 50., 100.]),
            PlanTemplate::Linear => shares(&[10., 20., 30., 40., 50., 60., 70., 80., 90., 100.]),
            PlanTemplate::Rings => ring_stages(names),
            PlanTemplate::Regions => region_stages(names),
        }
    }
}

fn stage(name: &str) -> TemplateStage {
    TemplateStage {
        name: name.to_owned(),
        percent: None,
        hold_ms: None,
        is_manual: false,
        ring: None,
        region: None,
    }
}

fn four_stages() -> Vec<TemplateStage> {
    let four = [
        ("canary", 1., 1, true),
        ("early", 10., 4, false),
        ("quarter", 25., 24, false),
        ("all", 100., 48, true),
    ];
    let stages = four.map(|(name, percent, hours, is_manual)| TemplateStage {
        percent: Some(percent),
        hold_ms: Some(hours * HOUR_MS),
        is_manual,
        ..stage(name)
    });
    stages.into()
}

fn shares(percents: &[f64]) -> Vec<TemplateStage> {
    let stages = percents.iter().map(|percent| TemplateStage {
        percent: Some(*percent),
        ..stage(&format!("{percent}%"))
    });
    stages.collect()
}

/// One stage for each ring: the innermost is promoted after an hour, the others by a person.
fn ring_stages(rings: &[String]) -> Vec<TemplateStage> {
    let stages = rings.iter().enumerate().map(|(at, ring)| TemplateStage {
        hold_ms: (at == 0).then_some(HOUR_MS),
        is_manual: at > 0,
        ring: Some(ring.clone()),
        ..stage(ring)
    });
    stages.chain([everyone()]).collect()
}

fn region_stages(regions: &[String]) -> Vec<TemplateStage> {
    let stages = regions.iter().map(|region| TemplateStage {
        region: Some(region.clone()),
        ..stage(region)
    });
    stages.chain([everyone()]).collect()
}

/// The last stage of rings and regions.
fn everyone() -> TemplateStage {
    TemplateStage {
        percent: Some(100.),
        hold_ms: Some(0),
        is_manual: true,
        ..stage("everyone")
    }
}

//! The post-condition of a change: a fixed sample of units gets the intended variants from the published flag.

use ecow::EcoString;

use crate::analysis::model::owned_context::OwnedContext;
use crate::control::engine::observation::ObservedShare;
use crate::control::engine::observation::PostCondition;
use crate::decision::Decision;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::fields::Release;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::fields::RolloutFields;
use crate::document::rollout::plan::exposure::Exposure;
use crate::document::rollout::plan::rollout_exposure::exposure_of;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedValue;

/// Units without a region or a ring.
const UNITS: usize = 10_000;
/// Units of each region and of each ring.
const FURTHER_UNITS: usize = 500;

/// Asks the published flag for the sample, at a time in seconds since 1970, and compares it with the definition that was
/// to be published. `change` is the number of the change.
pub fn verify(
    change: u64,
    intended: &FlagDefinition,
    index: usize,
    published: Option<&CompiledFlag>,
    seconds: f64,
) -> PostCondition {
    let mismatch = match published {
        None => Some("the flag is not published".to_owned()),
        Some(published) => find_mismatch(intended, index, published, seconds),
    };
    PostCondition { change, mismatch }
}

fn find_mismatch(
    intended: &FlagDefinition,
    index: usize,
    published: &CompiledFlag,
    seconds: f64,
) -> Option<String> {
    let fields = intended.rollout_fields.as_deref()?;
    let Some(rollout) = fields.rollouts.get(index) else {
        return Some(format!("there is no rollout {index}"));
    };
    let version = published.unexpanded_definition.as_ref();
    let version = version.map_or(FractionalVersion::default(), |written| {
        written.fractional_version
    });
    let wanted = ruleset::compile_flag(intended.clone(), version);
    let exposure = exposure_of(rollout);
    let (mut different, mut example) = (0usize, None);
    let (mut exposed, mut total) = (0, 0);
    for sampled in sample(rollout, &exposure, seconds) {
        let (want, found) = (
            variant(&wanted, &sampled.context),
            variant(published, &sampled.context),
        );
        if sampled.is_plain {
            total += 1;
            exposed += u64::from(is_released(rollout, found));
        }
        if want != found {
            different += 1;
            example.get_or_insert_with(|| {
                let (found, want) = (name(found), name(want));
                format!("`{}` gets {found}, {want} intended", sampled.unit)
            });
        }
    }
    let shares = || ObservedShare { exposed, total };
    if let Some(example) = example {
        let percent = exposed as f64 * 100.0 / UNITS as f64;
        return Some(format!(
            "{percent} % of the units served, {} intended: {different} units differ, {example}",
            exposure.percentage
        ));
    }
    // The intended definition itself must have the share: a fault of the expansion would be in both.
    (is_plain(intended, fields) && !shares().can_be(exposure.percentage.weight())).then(|| {
        let percent = exposed as f64 * 100.0 / UNITS as f64;
        format!(
            "{percent} % of the units served, {} intended",
            exposure.percentage
        )
    })
}

/// A unit of the sample.
struct SampledUnit {
    unit: String,
    context: OwnedContext,
    /// True if it has neither a region nor a ring.
    is_plain: bool,
}

/// The sample: units without further attributes, and units of each region and ring.
fn sample(
    rollout: &Rollout,
    exposure: &Exposure,
    seconds: f64,
) -> impl Iterator<Item = SampledUnit> {
    let attribute: EcoString = rollout.bucketing.unit_attribute().into();
    let regions = exposure.regions.iter().flat_map(|region| &region.names);
    let regions = regions.map(|name| Some(("region", name.clone())));
    let rings = exposure.rings.iter();
    let rings = rings.map(|name| Some(("ring", name.clone())));
    let further: Vec<Option<(&str, String)>> = regions.chain(rings).collect();
    let groups = std::iter::once((None, UNITS));
    let groups = groups.chain(further.into_iter().map(|group| (group, FURTHER_UNITS)));
    groups.flat_map(move |(group, units)| {
        let attribute = attribute.clone();
        (0..units).map(move |at| {
            let unit = format!("unit-{at}");
            SampledUnit {
                context: context(&attribute, &unit, group.as_ref(), seconds),
                unit,
                is_plain: group.is_none(),
            }
        })
    })
}

fn context(
    attribute: &str,
    unit: &str,
    group: Option<&(&str, String)>,
    seconds: f64,
) -> OwnedContext {
    let mut context = OwnedContext {
        seconds: Some(seconds),
        ..OwnedContext::default()
    };
    for path in ["targetingKey", attribute] {
        context.set_at_path(path, OwnedValue::Text(unit.into()));
    }
    if let Some((name, value)) = group {
        context.set_at_path(name, OwnedValue::Text(value.into()));
    }
    context
}

/// The name of the variant, or none if callers get the default in their code.
fn variant<'f>(flag: &'f CompiledFlag, context: &OwnedContext) -> Option<&'f str> {
    match context.decide(flag) {
        Decision::Variant(index, _) => {
            let name = flag.variant_names.get(usize::from(index));
            name.map(EcoString::as_str)
        }
        Decision::Disabled | Decision::NoDefault | Decision::Error(_) => None,
    }
}

fn name(variant: Option<&str>) -> String {
    variant.map_or("no variant".to_owned(), |name| format!("`{name}`"))
}

fn is_released(rollout: &Rollout, variant: Option<&str>) -> bool {
    match &rollout.release {
        Release::Variant(name) => variant == Some(name),
        Release::Split(shares) => shares
            .iter()
            .any(|(name, weight)| *weight > 0 && variant == Some(name)),
    }
}

/// Returns true if the share of the release among plain units is that of the rollout: nothing else gives or takes it.
fn is_plain(flag: &FlagDefinition, fields: &RolloutFields) -> bool {
    let [rollout] = &*fields.rollouts else {
        return false;
    };
    let is_default = match &rollout.release {
        Release::Variant(name) => flag.default_variant.as_ref() == Some(name),
        Release::Split(_) => true,
    };
    rollout.when.is_none()
        && rollout.segments.is_empty()
        && fields.requires.is_empty()
        && fields.targeting.is_none()
        && fields.kill_position.is_none()
        && !rollout.bucketing.dialect.is_not_flagd()
        && !is_default
}

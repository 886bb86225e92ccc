//! Parses `bucketBy` and `dialect`, with warnings about weak dialects.

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::suggest_one_of;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::syntax_tree::Node;

impl FieldParser<'_> {
    pub(super) fn parse_bucket_by(&mut self, node: &Node) -> Option<EcoString> {
        let var = node.single_member().filter(|member| &*member.key == "var");
        if let Some(name) = var.and_then(|var| var.arguments().first()?.as_text()) {
            let help = format!("write the name of the attribute: `{name}`");
            self.report_invalid(node.position, "rollout.bucketBy", "is an object", &help);
            return None;
        }
        let name = self.parse_string(node, "rollout.bucketBy")?;
        if name.starts_with("$flagd") {
            let what = format!("is `{name}`, which is not an attribute of the context");
            let help =
                "use an attribute that is stable for a unit, such as `targetingKey` or `sessionId`";
            self.report_invalid(node.position, "rollout.bucketBy", what, help);
            return None;
        }
        (&*name != "targetingKey").then_some(name)
    }

    pub(super) fn parse_dialect(&mut self, node: &Node) -> Option<BucketingDialect> {
        let name = self.parse_string(node, "rollout.dialect")?;
        let found = BucketingDialect::from_name(&name);
        if found.is_none() {
            let help = suggest_one_of(&name, BucketingDialect::NAMES);
            let what = format!("is `{name}`, which is not a dialect");
            self.report_invalid(node.position, "rollout.dialect", what, &help);
        }
        found
    }

    /// Warns about dialects with a known weakness.
    pub(super) fn warn_about_dialect(&mut self, rollout: &Rollout) {
        let dialect = rollout.bucketing.dialect;
        let known = match dialect {
            BucketingDialect::Java31 => {
                "cohorts of different flags are correlated: two rollouts of 10 % overlap by 0 to 95 %"
            }
            BucketingDialect::Fnv1a => {
                "the flag's key is not hashed, so every rollout begins with the same units"
            }
            BucketingDialect::Md5
            | BucketingDialect::FlagdMurmur3
            | BucketingDialect::FlagdLegacy100 => "",
        };
        let help = "use it only to migrate, then switch to `flagd-murmur3`";
        if !known.is_empty() {
            let message = format!(
                "`rollout.dialect` of flag `{}` is `{}`: {known}",
                self.flag,
                dialect.name()
            );
            self.report
                .warn(Code::WeakDialect, rollout.position, message, help);
        }
        let shares = rollout.regions.iter().map(|region| region.percentage);
        let mut shares = shares.chain([rollout.percentage]);
        if dialect.is_not_flagd() && shares.any(|share| share.weight() % 1000 != 0) {
            let message = format!(
                "`rollout.dialect` of flag `{}` is `{}`, which rounds shares up to a whole percentage",
                self.flag,
                dialect.name()
            );
            self.report.warn(
                Code::WeakDialect,
                rollout.position,
                message,
                "write whole percentages",
            );
        }
    }
}

//! Reads what is hashed, and how.

use ecow::EcoString;

use crate::diag;
use crate::diag::Code;
use crate::document::node::Node;
use crate::document::rollout::Rollout;
use crate::document::rollout::bucketing::Dialect;
use crate::document::rollout::member::Reader;

impl Reader<'_> {
    pub(super) fn attribute(&mut self, node: &Node) -> Option<EcoString> {
        let name = self.text(node, "rollout.bucketBy")?;
        if name.starts_with("$flagd") {
            let what = format!("is `{name}`, which is not the caller's");
            let help =
                "bucket by what stays the same for a unit, such as `targetingKey` or `sessionId`";
            self.wrong(node.place, "rollout.bucketBy", what, help);
            return None;
        }
        (&*name != "targetingKey").then_some(name)
    }

    pub(super) fn dialect(&mut self, node: &Node) -> Option<Dialect> {
        let name = self.text(node, "rollout.dialect")?;
        let found = Dialect::named(&name);
        if found.is_none() {
            let help = match diag::nearest(&name, Dialect::NAMES) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("dialects are: {}", Dialect::NAMES.join(", ")),
            };
            let what = format!("is `{name}`, which is no dialect");
            self.wrong(node.place, "rollout.dialect", what, &help);
        }
        found
    }

    /// What is known to go wrong with the hashes of others.
    pub(super) fn check_dialect(&mut self, rollout: &Rollout) {
        let dialect = rollout.bucketing.dialect;
        let known = match dialect {
            Dialect::Java31 => {
                "flags share their cohorts: two of 10 % overlap by anything from 0 to 95 %"
            }
            Dialect::Fnv1a => {
                "the flag's key is not hashed: the same units are the first of every rollout"
            }
            Dialect::Md5 | Dialect::Murmur3 | Dialect::Legacy100 => "",
        };
        let help = "use it to migrate, then go over to `flagd-murmur3`";
        if !known.is_empty() {
            let message = format!("with `{}`, {known}", dialect.name());
            self.report
                .warn(Code::Dialect, rollout.place, message, help);
        }
        let shares = rollout.regions.iter().map(|region| region.percentage);
        let mut shares = shares.chain([rollout.percentage]);
        if dialect.is_foreign() && shares.any(|share| share.weight() % 1000 != 0) {
            let message = format!(
                "`{}` has a hundred buckets: a share of less than one is one",
                dialect.name()
            );
            self.report.warn(
                Code::Dialect,
                rollout.place,
                message,
                "write whole percentages",
            );
        }
    }
}

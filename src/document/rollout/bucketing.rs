//! `Bucketing` of a rollout: the attribute that is hashed, the seed, and the hash dialect.

use ecow::EcoString;

/// The bucketing of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bucketing {
    /// The attribute that identifies the unit; `None` for the targeting key.
    pub bucket_by: Option<EcoString>,
    /// The prefix that is hashed instead of the flag's key: flags with the same seed have the same first cohort.
    pub seed: Option<EcoString>,
    /// The hash function and the arithmetic on the hash.
    pub dialect: BucketingDialect,
}

/// A named hash function and the arithmetic on the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BucketingDialect {
    /// `MurmurHash3` of seed and unit times the sum of weights, as flagd since 0.15.
    #[default]
    FlagdMurmur3,
    /// The same hash, signed, as a ratio of its largest value: flagd up to 0.14.
    FlagdLegacy100,
    /// FNV-1a of the unit alone, in hundredths.
    Fnv1a,
    /// The first 32 bits of the MD5 of `seed:unit`, in hundredths.
    Md5,
    /// Java's string hash of `seed:unit`, in hundredths.
    Java31,
}

impl BucketingDialect {
    /// All dialects.
    pub const ALL: [BucketingDialect; 5] = [
        BucketingDialect::FlagdMurmur3,
        BucketingDialect::FlagdLegacy100,
        BucketingDialect::Fnv1a,
        BucketingDialect::Md5,
        BucketingDialect::Java31,
    ];

    /// The names of all dialects.
    pub const NAMES: [&'static str; 5] = [
        BucketingDialect::FlagdMurmur3.name(),
        BucketingDialect::FlagdLegacy100.name(),
        BucketingDialect::Fnv1a.name(),
        BucketingDialect::Md5.name(),
        BucketingDialect::Java31.name(),
    ];

    /// The name in flag files.
    pub const fn name(self) -> &'static str {
        match self {
            BucketingDialect::FlagdMurmur3 => "flagd-murmur3",
            BucketingDialect::FlagdLegacy100 => "flagd-murmur3-legacy100",
            BucketingDialect::Fnv1a => "fnv1a32-abs100",
            BucketingDialect::Md5 => "md5-8hex-100",
            BucketingDialect::Java31 => "java31-abs100",
        }
    }

    /// The dialect of this name.
    pub fn from_name(name: &str) -> Option<BucketingDialect> {
        BucketingDialect::ALL.into_iter().find(|d| d.name() == name)
    }

    /// Returns true if the dialect has a hundred buckets and plain flagd cannot compute it.
    pub fn is_not_flagd(self) -> bool {
        match self {
            BucketingDialect::FlagdMurmur3 | BucketingDialect::FlagdLegacy100 => false,
            BucketingDialect::Fnv1a | BucketingDialect::Md5 | BucketingDialect::Java31 => true,
        }
    }
}

impl Bucketing {
    /// The path of the attribute that identifies the unit.
    pub fn unit_attribute(&self) -> &str {
        self.bucket_by.as_deref().unwrap_or("targetingKey")
    }
}

/// The operator that computes the bucket in a dialect other than flagd's. Arguments: name of the dialect, seed, unit.
/// Result: 0 to 99, or 100 without a unit. Only expanded rollout fields use the operator; other evaluators lack it.
pub const BUCKET_OPERATOR: &str = "$fanion.bucket";

/// The beginning of the names of operators that other evaluators lack.
pub const OWN_PREFIX: &str = "$fanion.";

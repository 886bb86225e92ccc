//! Counts per arm, and the counts of one look.

/// A count for each arm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ArmCounts {
    /// Units without the change.
    pub control: u64,
    /// Units with the change.
    pub treatment: u64,
}

impl ArmCounts {
    /// The counts of both arms.
    pub fn new(control: u64, treatment: u64) -> ArmCounts {
        ArmCounts { control, treatment }
    }

    /// Returns the sum of both arms; the largest number if it is larger.
    pub fn total(self) -> u64 {
        self.control.saturating_add(self.treatment)
    }

    /// Returns the counts with the arms exchanged.
    pub fn swapped(self) -> ArmCounts {
        ArmCounts::new(self.treatment, self.control)
    }

    /// Returns the sum per arm; the largest number if it is larger.
    pub fn plus(self, other: ArmCounts) -> ArmCounts {
        ArmCounts {
            control: self.control.saturating_add(other.control),
            treatment: self.treatment.saturating_add(other.treatment),
        }
    }

    /// Returns the difference per arm; 0 if it is negative.
    pub fn minus(self, other: ArmCounts) -> ArmCounts {
        ArmCounts {
            control: self.control.saturating_sub(other.control),
            treatment: self.treatment.saturating_sub(other.treatment),
        }
    }

    /// Returns the share of the treatment, or `None` if an arm is empty.
    pub fn treatment_share(self) -> Option<f64> {
        let filled = self.control > 0 && self.treatment > 0;
        filled.then(|| self.treatment as f64 / self.total() as f64)
    }
}

/// A count for each arm, of which the source may have no series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ArmSeries {
    /// Units without the change.
    pub control: Option<u64>,
    /// Units with the change.
    pub treatment: Option<u64>,
}

impl ArmSeries {
    /// Returns the counts if both arms have one.
    pub fn both(self) -> Option<ArmCounts> {
        Some(ArmCounts::new(self.control?, self.treatment?))
    }

    /// Returns true if neither arm has a count.
    pub fn is_empty(self) -> bool {
        self.control.is_none() && self.treatment.is_none()
    }
}

impl From<ArmCounts> for ArmSeries {
    fn from(counts: ArmCounts) -> ArmSeries {
        ArmSeries {
            control: Some(counts.control),
            treatment: Some(counts.treatment),
        }
    }
}

/// The counts of one look, of the randomised lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LookCounts {
    /// The time in seconds; only differences matter.
    pub t: u64,
    /// Units that could fail in the interval before `t`: exposed in this stage by `t` and not failed before.
    pub at_risk: ArmSeries,
    /// Units that failed in the interval for the first time in this stage, or bad events.
    pub failed: ArmSeries,
    /// Only for a latency between two bucket bounds: events that may be above it, a superset of `failed`.
    pub possibly_failed: Option<ArmCounts>,
}

impl LookCounts {
    /// A look with all series.
    pub fn new(t: u64, at_risk: ArmCounts, failed: ArmCounts) -> LookCounts {
        LookCounts {
            t,
            at_risk: at_risk.into(),
            failed: failed.into(),
            possibly_failed: None,
        }
    }
}

//! What is kept of a unit in a stage.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::counting::lane::Arm;

/// The first exposure and the first failure of a unit. Times are seconds since the stage began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitRecord {
    /// The arm at the first exposure.
    pub arm: Arm,
    /// The first exposure.
    pub exposed: u32,
    /// The first failure after it.
    pub failed: Option<u32>,
    /// True once a look has counted the failure.
    pub counted: bool,
}

impl UnitRecord {
    /// Returns the unit as a count of its arm.
    pub fn as_count(&self) -> ArmCounts {
        match self.arm {
            Arm::Control => ArmCounts::new(1, 0),
            Arm::Treatment => ArmCounts::new(0, 1),
        }
    }
}

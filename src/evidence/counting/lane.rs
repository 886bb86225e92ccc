//! The lane by which a unit got its variant, and its arm.

/// The way to a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// By the share of the rollout: randomised, so the arms can be compared.
    Share,
    /// As a member of a ring or segment.
    Ring,
    /// From an allow list.
    Allow,
}

impl Lane {
    /// Finds a lane by its name.
    pub fn from_name(name: &str) -> Option<Lane> {
        match name {
            "share" => Some(Lane::Share),
            "ring" => Some(Lane::Ring),
            "allow" => Some(Lane::Allow),
            _ => None,
        }
    }
}

/// The arm of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arm {
    /// Without the change.
    Control,
    /// With the change.
    Treatment,
}

impl Arm {
    /// Finds an arm by its name.
    pub fn from_name(name: &str) -> Option<Arm> {
        match name {
            "control" => Some(Arm::Control),
            "treatment" => Some(Arm::Treatment),
            _ => None,
        }
    }
}

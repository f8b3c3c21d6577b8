//! How much is sent where much is sent.

/// How much the cases send that send much: those of the area `load`, and those that look for what
/// happens now and then. The experiments are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// What the requirements say: a minute or less for a server that is built to be fast.
    Full,
    /// A fortieth: for builds that are not, and for whoever wants an answer soon.
    #[default]
    Reduced,
}

impl Scale {
    /// How many to send where the requirement says `full`.
    pub fn of(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Reduced => full.div_ceil(40),
        }
    }
}

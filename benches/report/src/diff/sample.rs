//! One figure of two records, before its interval is known. It knows nothing of where it is from.

use super::view::View;
use crate::numbers::percent_of;

/// What a figure is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Requests per second at saturation.
    Rate,
    /// CPU time per request.
    Cpu,
    /// This quantile of latency at a given rate.
    Latency(f64),
    /// CPU time per request in a lane over a database, over that of the same request answered from memory.
    CpuOfMemory,
    /// Memory under load.
    Memory,
    /// Time from the start of the process to its first answer.
    StartUp,
}

impl Kind {
    pub(super) fn name(self) -> String {
        match self {
            Self::Rate => "requests/s".to_owned(),
            Self::Cpu => "CPU per request".to_owned(),
            Self::Latency(quantile) => format!("latency p{}", percent_of(quantile)),
            Self::CpuOfMemory => "CPU per request, relative to memory".to_owned(),
            Self::Memory => "memory, loaded".to_owned(),
            Self::StartUp => "start-up".to_owned(),
        }
    }

    /// What is said of a greater figure, and of a lesser.
    pub(super) fn words(self) -> [&'static str; 2] {
        match self {
            Self::Rate => ["FASTER", "SLOWER"],
            Self::Cpu | Self::CpuOfMemory | Self::Latency(_) | Self::StartUp => {
                ["SLOWER", "FASTER"]
            }
            Self::Memory => ["LARGER", "SMALLER"],
        }
    }
}

/// A figure before its interval is known: logarithms, one a restart.
pub(super) struct Sample {
    pub(super) of: String,
    pub(super) kind: Kind,
    pub(super) first: Vec<f64>,
    pub(super) second: Vec<f64>,
    /// How far they may differ and be the same, as a ratio less one.
    pub(super) margin: f64,
    /// Whether the programs that they are of are the same in both.
    pub(super) same_programs: bool,
}

/// Whether an arm's program and the reference's are the same in both records.
pub(super) fn same_programs(views: &[View<'_>; 2], arms: [usize; 2]) -> bool {
    let [first, second] = views;
    let programs = first.programs(arms[0]);
    programs.is_some() && programs == second.programs(arms[1])
}

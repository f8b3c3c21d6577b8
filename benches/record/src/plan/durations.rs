//! How long slices are. It knows nothing of a plan.

use std::time::Duration;

/// How long one slice counts requests. Machine speed wanders over tenths of a second, so that
/// servers must be compared within less.
pub const SLICE: Duration = Duration::from_millis(20);

/// How long a slice runs before it counts, so that its connections' requests are spread out.
pub const RAMP: Duration = Duration::from_millis(3);

//! The log on standard error.

use std::{
    collections::HashMap,
    io,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing::{Event, Level, Subscriber, callsite::Identifier};
use tracing_subscriber::{
    Layer,
    filter::LevelFilter,
    fmt,
    layer::{Context, SubscriberExt as _},
    registry,
    util::SubscriberInitExt as _,
};

/// Logs to standard error, up to `level`.
pub(crate) fn start(level: LevelFilter) {
    registry()
        .with(level)
        .with(fmt::layer().with_writer(io::stderr))
        .with(OnceASecond::default())
        .init();
}

/// Lets each warning and error through once a second, whatever it says: out of descriptors, a
/// framework has one for each try to accept a connection.
#[derive(Default)]
struct OnceASecond(Mutex<HashMap<Identifier, Instant>>);

const PAUSE: Duration = Duration::from_secs(1);

impl<S: Subscriber> Layer<S> for OnceASecond {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        *event.metadata().level() > Level::WARN || self.is_due(event.metadata().callsite())
    }
}

impl OnceASecond {
    fn is_due(&self, place: Identifier) -> bool {
        let now = Instant::now();
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = said
            .get(&place)
            .is_none_or(|last| now.duration_since(*last) >= PAUSE);
        if is_due {
            said.insert(place, now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    struct Count(Arc<AtomicUsize>);

    impl<S: Subscriber> Layer<S> for Count {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_flood_of_warnings_is_thinned_and_details_are_all_there() {
        let count = Arc::new(AtomicUsize::new(0));
        let subscriber = registry()
            .with(Count(count.clone()))
            .with(OnceASecond::default());
        let begun = Instant::now();
        tracing::subscriber::with_default(subscriber, || {
            for attempt in 0..1000 {
                tracing::warn!(attempt, "a flood");
                tracing::info!(attempt, "a detail");
            }
        });
        let seconds = begun.elapsed().as_secs() as usize;
        let said = count.load(Ordering::Relaxed);
        assert!((1001..=1001 + seconds).contains(&said), "{said}");
    }
}

//! What follows from releases and advisories, counted back from the day on which they were read.

use std::time::Duration;

use quartet_record::instant;

use super::{Advisory, Published, Release, Upkeep};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A year, as it is counted here.
const YEAR: u32 = 365;

impl Upkeep {
    /// The crate of a framework.
    pub(crate) fn of(&self, framework: &str) -> Option<&Published> {
        let mut crates = self.registry.crates.iter();
        crates.find(|one| one.framework.as_deref() == Some(framework))
    }

    /// What a finished server is compiled from.
    pub(crate) fn framework(&self, name: &str) -> Option<&super::Framework> {
        let mut frameworks = self.advisories.frameworks.iter();
        frameworks.find(|one| one.framework == name)
    }

    /// The advisories about a framework's own crates, or about the one crate that frameworks stand on. The newest first.
    pub(crate) fn about<'a>(&'a self, one: &'a Published) -> Vec<&'a Advisory> {
        let framework = one.framework.as_deref();
        let framework = framework.and_then(|name| self.framework(name));
        let own = |name: &String| match framework {
            Some(framework) => framework.own_crates.contains(name),
            None => *name == one.name,
        };
        let list = self.advisories.list.iter();
        let mut about: Vec<&Advisory> = list.filter(|it| own(&it.package)).collect();
        about.sort_by(|a, b| b.date.cmp(&a.date));
        about
    }

    /// The advisories about what a finished server is locked to.
    pub(crate) fn open<'a>(&'a self, framework: &str) -> Vec<&'a Advisory> {
        let list = self.advisories.list.iter();
        list.filter(|it| it.affects.iter().any(|name| name == framework))
            .collect()
    }

    /// How many whole days before the registry was read something was published.
    pub(crate) fn age(&self, release: &Release) -> Option<u64> {
        let (then, read) = (
            instant(release.published.as_deref()?)?,
            instant(&self.registry.read)?,
        );
        let passed = read.duration_since(then).unwrap_or_default();
        Some(passed.as_secs() / DAY.as_secs())
    }

    fn within(&self, release: &Release, years: u32) -> bool {
        let limit = u64::from(years * YEAR);
        self.age(release).is_some_and(|days| days < limit)
    }

    /// Finished releases of the last so many years.
    pub(crate) fn lately<'a>(&self, one: &'a Published, years: u32) -> Vec<&'a Release> {
        let releases = one.finished();
        releases.filter(|it| self.within(it, years)).collect()
    }

    /// How often the least Rust version rose in the last so many years.
    pub(crate) fn raises(&self, one: &Published, years: u32) -> usize {
        let mut highest = None;
        let mut raises = 0;
        for release in one.finished() {
            let Some(stated) = release.rust() else {
                continue;
            };
            let rises = highest.is_some_and(|before| stated > before);
            raises += usize::from(rises && self.within(release, years));
            highest = highest.max(Some(stated));
        }
        raises
    }
}

impl Published {
    /// Every release that is no preview.
    pub(crate) fn finished(&self) -> impl Iterator<Item = &Release> {
        self.releases.iter().filter(|it| !it.is_preview())
    }

    /// The newest that is neither a preview nor withdrawn.
    pub(crate) fn newest(&self) -> Option<&Release> {
        self.finished().filter(|it| !it.yanked).last()
    }

    /// The last that cargo takes for incompatible with those before it.
    pub(crate) fn last_breaking(&self) -> Option<&Release> {
        self.finished().filter(|it| it.breaking).last()
    }

    /// The one that was published first.
    pub(crate) fn first(&self) -> Option<&Release> {
        let dated = self.releases.iter().filter(|it| it.published.is_some());
        dated.min_by(|a, b| a.published.cmp(&b.published))
    }
}

impl Release {
    fn is_preview(&self) -> bool {
        let version = self.version.split('+').next().unwrap_or_default();
        version.contains('-')
    }

    /// The day on which it was published.
    pub(crate) fn day(&self) -> &str {
        let published = self.published.as_deref().unwrap_or_default();
        published.get(..10).unwrap_or("an unknown day")
    }

    /// The least Rust version, as numbers.
    fn rust(&self) -> Option<[u32; 3]> {
        let mut numbers = self.rust_version.as_deref()?.split('.').map(str::parse);
        let mut next = || numbers.next().unwrap_or(Ok(0)).ok();
        Some([next()?, next()?, next()?])
    }
}

impl Advisory {
    /// Its page.
    pub(crate) fn address(&self) -> String {
        format!("https://rustsec.org/advisories/{}.html", self.id)
    }

    /// What it is, in a few words.
    pub(crate) fn sentence(&self) -> String {
        let severity = self.severity.as_deref();
        let severity = severity.map(|word| format!(", severity {word}"));
        let patched = match &self.patched[..] {
            [] => "no version is patched".to_owned(),
            patched => format!("patched in {}", patched.join(" and ")),
        };
        format!(
            "{}, {} ({}{}; {patched}): {}",
            self.date,
            self.package,
            self.kind,
            severity.unwrap_or_default(),
            self.title
        )
    }
}

//! The programs that cases put beside the server: a reverse proxy and a browser.

mod browser;
mod child;
mod find;
mod guard;
mod nginx;
pub(crate) mod scratch;
mod webdriver;

use std::collections::BTreeSet;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

pub(crate) use browser::Browser;
pub(crate) use child::{Child, Registered, in_a_group};
pub(crate) use find::find;
pub use guard::end_with_this_program;
pub(crate) use nginx::{Bare, Host, Nginx};
pub(crate) use scratch::{Scratch, ScratchFile};
pub(crate) use webdriver::WebDriverError;

use crate::postgres::{Installation, Locale, PostgresError, Template};
use crate::slots::Slots;
use crate::{Deviation, Need};

/// How many browsers run at once, at most: they take much of a machine.
const MOST_BROWSERS: usize = 2;

/// Ends everything that this crate has started and that still runs, and removes every file of its
/// own, for a program that is about to end itself.
pub fn clean_up() {
    child::end_all();
    scratch::remove();
}

/// Ends the builds of servers that run, which fail by it, for a program that was interrupted and goes on
/// until it has kept what it has.
pub fn end_builds() {
    child::end_builds();
}

/// Why a tool cannot be used, which is no fault of the server's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    /// The system refused something.
    #[error("{tool} cannot be started: {source}")]
    Start {
        tool: &'static str,
        source: std::io::Error,
    },
    /// It ended, or did not get ready.
    #[error("{tool} does not start: {output}")]
    NotReady { tool: &'static str, output: String },
    /// It does not work on this machine: what it needs, as the end of a sentence.
    #[error("it {0}")]
    Unusable(String),
    /// It runs, and failed at what it was asked to do.
    #[error(transparent)]
    Browser(#[from] WebDriverError),
}

/// Why an errand of the browser came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The server is at fault.
    #[error(transparent)]
    Server(#[from] Deviation),
    /// The browser is.
    #[error(transparent)]
    Tool(#[from] ToolError),
}

impl From<WebDriverError> for Trouble {
    fn from(error: WebDriverError) -> Self {
        Self::Tool(error.into())
    }
}

/// Keeps what cases start once and share, such as a browser, running from one target to the next.
/// It ends with the last workbench or target.
#[derive(Clone, Debug)]
pub struct Workbench(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Those that run and nobody uses.
    browsers: Mutex<Vec<Browser>>,
    /// Directories that clusters of PostgreSQL are copies of.
    templates: Mutex<Vec<Template>>,
    /// For those that use one: a page takes a core.
    users: Slots,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            browsers: Mutex::default(),
            templates: Mutex::default(),
            users: Slots::new(MOST_BROWSERS),
        }
    }
}

impl Workbench {
    /// The one there is, or a new one. Nothing is started before a case needs it.
    pub fn get() -> Self {
        static PRESENT: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
        let mut present = PRESENT.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = present.upgrade().unwrap_or_else(|| {
            let new = Arc::default();
            *present = Arc::downgrade(&new);
            new
        });
        Self(shared)
    }

    /// Keeps what clusters of PostgreSQL with these texts are copies of, so that it is made once.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn keep_template(&self, locale: Locale) -> Result<(), PostgresError> {
        let mut templates = self.0.templates.lock();
        let templates = templates.as_deref_mut();
        let template = Template::get(locale)?;
        // A poisoned lock leaves it to the next cluster to make one.
        if let Ok(templates) = templates
            && !templates.contains(&template)
        {
            templates.push(template);
        }
        Ok(())
    }

    /// Uses a browser, which is started if none is free. One that fails is not used again.
    ///
    /// # Errors
    /// If the browser cannot be started, or `errand` fails.
    pub(crate) fn with_browser<T>(
        &self,
        errand: impl FnOnce(&Browser) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let _user = self.0.users.take();
        let free = self.browsers().pop();
        let browser = match free {
            Some(browser) => browser,
            None => Browser::start()?,
        };
        let result = errand(&browser);
        // The page goes, so that its scripts do not run on.
        let is_sound = !matches!(result, Err(Trouble::Tool(_)));
        if is_sound && browser.open("about:blank").is_ok() {
            self.browsers().push(browser);
        }
        result
    }

    fn browsers(&self) -> MutexGuard<'_, Vec<Browser>> {
        let browsers = self.0.browsers.lock();
        browsers.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The needs that this machine meets, whatever the server.
pub(crate) fn needs_met() -> &'static BTreeSet<Need> {
    static MET: OnceLock<BTreeSet<Need>> = OnceLock::new();
    MET.get_or_init(|| {
        let mut met = BTreeSet::new();
        if nginx::is_installed() {
            met.insert(Need::Proxy);
        }
        if Installation::get().is_some() {
            met.insert(Need::Postgres);
        }
        if browser::is_installed() {
            met.insert(Need::Browser);
        }
        met
    })
}

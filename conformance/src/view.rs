//! A browser that looks at pages, for tests of the pages that the project makes.

use serde_json::{Value, json};

use crate::Need;
use crate::tools::{Browser, ToolError, WebDriverError, needs_met};

/// A browser without a window. It ends with this.
#[derive(Debug)]
pub struct View(Browser);

/// Why there is nothing to see.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// This machine has no browser, or none that runs: what is missing.
    #[error("{0}")]
    Missing(String),
    /// The browser failed.
    #[error("{0}")]
    Failed(String),
}

impl From<WebDriverError> for ViewError {
    fn from(error: WebDriverError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl View {
    /// Starts one.
    ///
    /// # Errors
    /// [`ViewError::Missing`] where this machine has none that runs.
    pub fn start() -> Result<Self, ViewError> {
        if !needs_met().contains(&Need::Browser) {
            let missing = "Chromium and chromedriver are not installed";
            return Err(ViewError::Missing(missing.to_owned()));
        }
        match Browser::start() {
            Ok(browser) => Ok(Self(browser)),
            Err(error @ ToolError::Unusable(_)) => Err(ViewError::Missing(error.to_string())),
            Err(error) => Err(ViewError::Failed(error.to_string())),
        }
    }

    /// Sees pages from now on as on a screen so many pixels wide, of a reader who prefers dark pages or light ones.
    ///
    /// # Errors
    /// If the browser fails.
    pub fn resize(&self, width: u32, is_dark: bool) -> Result<(), ViewError> {
        self.0.protocol(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}),
        )?;
        let scheme = if is_dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.0.protocol(
            "Emulation.setEmulatedMedia",
            &json!({"features": [feature]}),
        )?;
        Ok(())
    }

    /// Loads a page.
    ///
    /// # Errors
    /// If it cannot be loaded, or the browser fails.
    pub fn open(&self, url: &str) -> Result<(), ViewError> {
        Ok(self.0.open(url)?)
    }

    /// Runs a script, the body of a function, and returns what that returns.
    ///
    /// # Errors
    /// If it throws, or the browser fails.
    pub fn run(&self, script: &str) -> Result<Value, ViewError> {
        Ok(self.0.run(script, &json!([]))?)
    }

    /// The errors that the console has had since the page was opened.
    ///
    /// # Errors
    /// If the browser fails.
    pub fn complaints(&self) -> Result<Vec<String>, ViewError> {
        Ok(self.0.complaints()?)
    }
}

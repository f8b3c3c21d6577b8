//! The guide "From FastAPI to …": one application five times, the requests that all five answer
//! alike, and the pages that are made of their marked code.

pub mod answers;
pub mod cut;
pub mod document;
pub mod pages;
pub mod server;

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The frameworks, in the order of the pages' columns.
pub const COLUMNS: [Column; 5] = [
    Column::FastApi,
    Column::Axum,
    Column::ActixWeb,
    Column::Warp,
    Column::Salvo,
];

/// One framework's application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The original, in Python.
    FastApi,
    /// axum
    Axum,
    /// actix-web
    ActixWeb,
    /// warp
    Warp,
    /// salvo
    Salvo,
}

impl Column {
    /// As in files and tables: `fastapi`, `axum`, `actix-web`, `warp` or `salvo`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::FastApi => "fastapi",
            Self::Axum => "axum",
            Self::ActixWeb => "actix-web",
            Self::Warp => "warp",
            Self::Salvo => "salvo",
        }
    }

    /// Its sources below [`folder`]: the application of the guide, and the program over a database that the comparison
    /// measures.
    #[must_use]
    pub fn sources(self) -> [PathBuf; 3] {
        let id = self.id();
        match self {
            Self::FastApi => [
                "python/app.py".into(),
                "python/test_app.py".into(),
                "../baselines/fastapi/database/app.py".into(),
            ],
            _ => [
                format!("{id}/src/lib.rs").into(),
                format!("{id}/src/main.rs").into(),
                format!("../servers/{id}/src/lib.rs").into(),
            ],
        }
    }

    /// The name of its language in a fenced block.
    #[must_use]
    pub fn language(self) -> &'static str {
        match self {
            Self::FastApi => "python",
            _ => "rust",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FastApi => "FastAPI",
            _ => self.id(),
        })
    }
}

/// The folder of the guide.
#[must_use]
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

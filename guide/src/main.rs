//! `cargo run -p quartet-guide -- write` makes the guide's pages of the code, `check` says whether
//! they are as the code is.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use quartet_guide::{Column, document::Document, pages, server};

#[derive(Parser)]
#[command(about = "Makes the guide's pages of the applications' marked code")]
struct Options {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write the pages
    Write {
        /// The original's Python; where there is one, its OpenAPI document is written, too
        #[arg(long, default_value = "target/python/guide/bin/python")]
        python: PathBuf,
    },
    /// Say whether the pages are as the code is
    Check,
}

fn main() -> anyhow::Result<()> {
    match Options::parse().command {
        Action::Write { python } => {
            if python.exists() {
                let server = server::start(Column::FastApi, &python)?;
                Document::of(server.address)?.keep()?;
            }
            pages::bring(true)
        }
        Action::Check => pages::bring(false),
    }
}

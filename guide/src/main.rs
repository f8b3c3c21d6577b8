//! `cargo run -p quartet-guide -- write` makes the guide's pages of the code, `check` says whether
//! they are as the code is.

use clap::{Parser, Subcommand};
use quartet_guide::pages;

#[derive(Parser)]
#[command(about = "Makes the guide's pages of the applications' marked code")]
struct Options {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write the pages
    Write,
    /// Say whether the pages are as the code is
    Check,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    pages::bring(matches!(options.command, Action::Write))
}

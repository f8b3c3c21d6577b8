//! A column of numbers as text. It knows nothing of what they count.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pco::ChunkConfig;
use pco::standalone::{simple_compress, simple_decompress};

/// Numbers as a pco file, in base64.
pub(super) fn coded(numbers: &[u64], config: &ChunkConfig) -> Result<String> {
    Ok(BASE64_STANDARD.encode(simple_compress(numbers, config)?))
}

/// The numbers of [`coded`].
pub(super) fn decoded(text: &str) -> Result<Vec<u64>> {
    let bytes = BASE64_STANDARD
        .decode(text)
        .context("a column is not base64")?;
    simple_decompress(&bytes).context("a column is damaged")
}

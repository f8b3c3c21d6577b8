//! Columns of numbers as text. It knows nothing of what they count.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pco::ChunkConfig;
use pco::errors::PcoResult;
use pco::standalone::{
    ChunkDecompressor, DecompressorItem, FileDecompressor, simple_compress, simple_decompress,
};

/// Numbers as a pco file, in base64.
pub(super) fn coded(numbers: &[u64], config: &ChunkConfig) -> Result<String> {
    Ok(BASE64_STANDARD.encode(simple_compress(numbers, config)?))
}

/// The numbers of [`coded`].
pub(super) fn decoded(text: &str) -> Result<Vec<u64>> {
    simple_decompress(&bytes(text)?).context("a column is damaged")
}

/// What is in a column's text.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>> {
    BASE64_STANDARD
        .decode(text)
        .context("a column is not base64")
}

/// Numbers that are decoded at once: few enough that those of all streams of a record stay in the processor's cache.
const BATCH: usize = 4 * pco::FULL_BATCH_N;

/// The numbers of a column, one after the other, decoded as they are asked for.
pub(super) struct Stream<'a> {
    file: FileDecompressor,
    from: From<'a>,
    /// Numbers that are decoded, of which `next..end` are still to be given.
    batch: Vec<u64>,
    next: usize,
    end: usize,
}

/// Where a stream goes on.
enum From<'a> {
    /// In a chunk.
    Chunk(Box<ChunkDecompressor<u64, &'a [u8]>>),
    /// At the beginning of the next one.
    Rest(&'a [u8]),
}

impl<'a> Stream<'a> {
    /// The numbers of [`coded`], given its [`bytes`].
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self> {
        let (file, rest) = FileDecompressor::new(bytes).context("a column is damaged")?;
        Ok(Self {
            file,
            from: From::Rest(rest),
            batch: vec![0; BATCH],
            next: 0,
            end: 0,
        })
    }

    /// The next number; none at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<u64>> {
        if self.next == self.end && !self.decode()? {
            return Ok(None);
        }
        let number = self.batch.get(self.next).copied();
        self.next += 1;
        Ok(number)
    }

    /// Passes over zeros, no more of them than `most`. Says how many there were.
    pub(super) fn skip_zeros(&mut self, most: usize) -> Result<usize> {
        let mut skipped = 0;
        while skipped < most && (self.next < self.end || self.decode()?) {
            let end = self.end.min(self.next.saturating_add(most - skipped));
            let ahead = self.batch.get(self.next..end).unwrap_or_default();
            let zeros = ahead.iter().position(|number| *number != 0);
            let found = zeros.unwrap_or(ahead.len());
            self.next += found;
            skipped += found;
            if zeros.is_some() {
                break;
            }
        }
        Ok(skipped)
    }

    /// Decodes the next numbers; false where there are none.
    fn decode(&mut self) -> Result<bool> {
        self.decode_batch().context("a column is damaged")
    }

    fn decode_batch(&mut self) -> PcoResult<bool> {
        (self.next, self.end) = (0, 0);
        while self.end == 0 {
            self.from = match std::mem::replace(&mut self.from, From::Rest(&[])) {
                From::Chunk(mut chunk) => {
                    let progress = chunk.read(&mut self.batch)?;
                    self.end = progress.n_processed;
                    match progress.finished {
                        true => From::Rest(chunk.into_src()),
                        false => From::Chunk(chunk),
                    }
                }
                From::Rest([]) => return Ok(false),
                From::Rest(rest) => match self.file.chunk_decompressor(rest)? {
                    DecompressorItem::Chunk(chunk) => From::Chunk(Box::new(chunk)),
                    DecompressorItem::EndOfData(_) => return Ok(false),
                },
            };
        }
        Ok(true)
    }
}

//! Chunked framing (RFC 9112 §7.1), read in pieces of any size.

use super::progress::{MAX_HEAD, Malformed, Progress};

/// Where in a chunked body the last byte fed stands.
#[derive(Debug)]
pub(super) struct Chunked {
    place: Place,
    /// The size of the chunk at hand, then what is still missing of it.
    size: u64,
    /// Bytes of extensions and trailers so far.
    ignored: usize,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// At a chunk size's first digit.
    SizeStart,
    /// Among a chunk size's digits.
    Size,
    /// After the digits: extensions, and the whitespace before them.
    Extension,
    /// After the CR of the size's line.
    SizeLf,
    Data,
    /// After the data.
    DataCr,
    DataLf,
    /// At the start of a trailer line, or of the empty line that ends the body.
    TrailerStart,
    Trailer,
    TrailerLf,
    /// After the CR of the empty line.
    EndLf,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self {
            place: Place::SizeStart,
            size: 0,
            ignored: 0,
        }
    }

    pub(super) fn feed(
        &mut self,
        input: &[u8],
        mut content: impl FnMut(&[u8]),
    ) -> Result<Progress, Malformed> {
        let mut used = 0;
        while let Some(&byte) = input.get(used) {
            if let Place::Data = self.place {
                let rest = &input[used..];
                let count = usize::try_from(self.size).map_or(rest.len(), |n| n.min(rest.len()));
                content(&rest[..count]);
                used += count;
                self.size -= count as u64;
                if self.size == 0 {
                    self.place = Place::DataCr;
                }
                continue;
            }
            used += 1;
            if let (Place::EndLf, b'\n') = (self.place, byte) {
                return Ok(Progress::Complete { used });
            }
            self.place = self.after(byte)?;
        }
        Ok(Progress::Partial)
    }

    /// The place after `byte` of the framing.
    fn after(&mut self, byte: u8) -> Result<Place, Malformed> {
        Ok(match (self.place, byte) {
            (Place::Size, b'\r') => Place::SizeLf,
            (Place::Size, b';' | b' ' | b'\t') => Place::Extension,
            (Place::SizeStart, digit) => {
                self.size = 0;
                self.add_digit(digit)?
            }
            (Place::Size, digit) => self.add_digit(digit)?,
            (Place::Extension, b'\r') => Place::SizeLf,
            (Place::SizeLf, b'\n') if self.size == 0 => Place::TrailerStart,
            (Place::SizeLf, b'\n') => Place::Data,
            (Place::DataCr, b'\r') => Place::DataLf,
            (Place::DataLf, b'\n') => Place::SizeStart,
            (Place::TrailerStart, b'\r') => Place::EndLf,
            (Place::Trailer, b'\r') => Place::TrailerLf,
            (Place::TrailerLf, b'\n') => Place::TrailerStart,
            (Place::Extension, byte) if byte != b'\n' => self.ignore(Place::Extension)?,
            (Place::TrailerStart | Place::Trailer, byte) if byte != b'\n' => {
                self.ignore(Place::Trailer)?
            }
            _ => return Err(Malformed::Chunk),
        })
    }

    fn add_digit(&mut self, byte: u8) -> Result<Place, Malformed> {
        let digit = char::from(byte).to_digit(16).ok_or(Malformed::ChunkSize)?;
        // Room for one more digit, so that nothing is lost.
        if self.size >> 60 != 0 {
            return Err(Malformed::ChunkSize);
        }
        self.size = self.size << 4 | u64::from(digit);
        Ok(Place::Size)
    }

    fn ignore(&mut self, place: Place) -> Result<Place, Malformed> {
        self.ignored += 1;
        if self.ignored > MAX_HEAD {
            return Err(Malformed::LongChunkLine);
        }
        Ok(place)
    }
}

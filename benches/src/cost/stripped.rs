//! A program's size without what it does not need to run.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The size of a stripped copy, bytes. None of what is no executable of this platform, such as a
/// script.
///
/// # Errors
/// Where there is no `strip`, or no copy can be made.
pub(super) fn size(program: &Path) -> Result<Option<u64>> {
    let shown = program.display();
    let content = fs::read(program).with_context(|| format!("cannot read {shown}"))?;
    if !content.starts_with(ELF) {
        return Ok(None);
    }
    let place = tempfile::tempdir().context("cannot make a temporary directory")?;
    let copy = place.path().join("stripped");
    let output = Command::new("strip")
        .arg("-o")
        .args([&copy, program])
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            anyhow::bail!("`strip` is not installed (binutils)")
        }
        other => other.context("cannot run `strip`")?,
    };
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`strip {shown}`: {}",
        complaint.trim()
    );
    let size = fs::metadata(&copy).context("`strip` made no copy")?.len();
    Ok(Some(size))
}

/// What every executable of Linux begins with.
const ELF: &[u8] = b"\x7fELF";

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_stripped_program_is_smaller_and_a_script_has_no_such_size() {
        // This test's own program has its symbols.
        let own = std::env::current_exe().unwrap();
        let whole = fs::metadata(&own).unwrap().len();
        match size(&own) {
            Ok(stripped) => assert!(stripped.is_some_and(|size| 0 < size && size < whole)),
            Err(error) => assert!(error.to_string().contains("binutils"), "{error:#}"),
        }
        let script = tempfile::NamedTempFile::new().unwrap();
        fs::write(script.path(), "#!/bin/sh\n").unwrap();
        assert_eq!(size(script.path()).unwrap(), None);
        assert!(size(Path::new("/nowhere")).is_err());
    }
}

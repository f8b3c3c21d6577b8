//! Unpacks the files of Swagger UI that the docs page names, and no others: the whole distribution
//! is three times as large.

use std::{env, error::Error, fs::File, io, path::Path};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const FILES: [&str; 3] = [
    "favicon-32x32.png",
    "swagger-ui-bundle.js",
    "swagger-ui.css",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out_dir = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let mut archive = ZipArchive::new(io::Cursor::new(SWAGGER_UI_VENDORED))?;
    // Its one folder is named after the version.
    let folder = archive
        .by_index(0)?
        .name()?
        .trim_end_matches('/')
        .to_owned();
    println!("cargo::rustc-env=SWAGGER_UI={folder}");
    for name in FILES {
        let packed = archive
            .file_names()
            .filter_map(Result::ok)
            .find(|path| path.ends_with(&format!("/dist/{name}")))
            .ok_or_else(|| format!("the Swagger UI archive has no {name}"))?
            .into_owned();
        let mut file = File::create(Path::new(&out_dir).join(name))?;
        io::copy(&mut archive.by_name(&packed)?, &mut file)?;
    }
    Ok(())
}

//! The description of the API: the OpenAPI document and the Swagger UI page, every file of it
//! served from here, so that it works offline and behind any prefix.

use crate::{
    EntityTag, JSON,
    openapi::{self, Mode},
};

/// The Content-Security-Policy that the page works under: nothing from any other host, no inline
/// script. Swagger UI draws with inline styles and `data:` images.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

const PAGE: &str = include_str!("page.html");
const INITIALIZER: &[u8] = include_bytes!("initializer.js");

const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of Swagger UI's, unpacked by the build script. Its entity tag is that of its name and
/// version: a digest of a megabyte and a half would take most of a server's start.
macro_rules! swagger_ui {
    ($name:literal, $content_type:expr) => {
        (
            $name,
            Document {
                content_type: $content_type,
                content: include_bytes!(concat!(env!("OUT_DIR"), "/", $name)),
                etag: EntityTag::of(concat!(env!("SWAGGER_UI"), "/", $name).as_bytes()),
            },
        )
    };
}

/// A fixed representation, ready to be sent.
#[derive(Clone, Debug)]
pub struct Document {
    /// The Content-Type field value.
    pub content_type: &'static str,
    /// The content.
    pub content: &'static [u8],
    /// Its strong entity tag.
    pub etag: EntityTag,
}

impl Document {
    fn new(content_type: &'static str, content: &'static [u8]) -> Self {
        Self {
            content_type,
            etag: EntityTag::of(content),
            content,
        }
    }
}

/// The documents of one server.
#[derive(Debug)]
pub struct Docs {
    /// Where `GET /` redirects to ([`Place::docs`](crate::Place::docs)).
    pub location: String,
    /// The OpenAPI document.
    pub openapi: Document,
    /// The page.
    pub page: Document,
    assets: [(&'static str, Document); 4],
}

impl Docs {
    /// The documents of a server of this mode.
    pub fn new(mode: &Mode) -> Self {
        // Made once for the process's life; `'static` lets every framework send it uncopied.
        let openapi: &'static [u8] = openapi::document(mode).into_bytes().leak();
        Self {
            location: mode.place.docs(),
            openapi: Document::new(JSON, openapi),
            page: Document::new(HTML, PAGE.as_bytes()),
            assets: [
                ("initializer.js", Document::new(JAVASCRIPT, INITIALIZER)),
                swagger_ui!("swagger-ui-bundle.js", JAVASCRIPT),
                swagger_ui!("swagger-ui.css", CSS),
                swagger_ui!("favicon-32x32.png", "image/png"),
            ],
        }
    }

    /// The file that the page names `docs/{name}`.
    pub fn asset(&self, name: &str) -> Option<&Document> {
        self.assets
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, document)| document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    #[test]
    fn has_every_file_that_the_page_names() {
        let docs = Docs::new(&Mode::default());
        let mut named = 0;
        for link in PAGE.split('"').filter(|text| text.starts_with("docs/")) {
            named += 1;
            let document = docs.asset(&link["docs/".len()..]);
            assert!(
                document.is_some_and(|document| !document.content.is_empty()),
                "{link}"
            );
        }
        assert_eq!(named, docs.assets.len());
    }

    #[test]
    fn each_mode_has_an_entity_tag_of_its_own() {
        let places = [
            Place::Anywhere,
            Place::Below("/p".parse().unwrap()),
            Place::At("https://host/p".parse().unwrap()),
        ];
        let mut tags: Vec<String> = Vec::new();
        for place in places {
            for keyed in [false, true] {
                for over_database in [false, true] {
                    let docs = Docs::new(&Mode {
                        keyed,
                        over_database,
                        place: place.clone(),
                    });
                    tags.push(docs.openapi.etag.as_str().to_owned());
                }
            }
        }
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), 12);
    }
}

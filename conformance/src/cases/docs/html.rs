//! As much of HTML as it takes to see what a page loads.

/// What a page loads, and what it holds inline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Everything named to be loaded.
    pub(super) loads: Vec<Load>,
    /// `href` of a `base` element, against which references are resolved.
    pub(super) base: Option<String>,
    /// Content of `script` elements without `src`.
    pub(super) inline_scripts: Vec<String>,
    /// Content of `style` elements.
    pub(super) inline_styles: Vec<String>,
}

/// Something that a page names to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) kind: Kind,
    pub(super) reference: String,
}

/// What a page loads something as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Script,
    Style,
    Image,
    Other,
}

/// Reads a page. What is no HTML yields nothing, and nothing is refused.
pub(super) fn read(html: &str) -> Page {
    let mut page = Page::default();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        rest = &rest[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end..]);
            continue;
        }
        rest = &rest[1..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = read_tag(rest);
        rest = after;
        page.take(&tag);
        if matches!(tag.name.as_str(), "script" | "style") {
            let end = find_end(rest, &tag.name);
            let content = rest[..end].to_owned();
            rest = &rest[end..];
            match tag.name.as_str() {
                "style" => page.inline_styles.push(content),
                _ if tag.get("src").is_none() => page.inline_scripts.push(content),
                _ => {}
            }
        }
    }
    page
}

impl Page {
    fn take(&mut self, tag: &Tag) {
        let rel = tag.get("rel").unwrap_or_default().to_ascii_lowercase();
        let rel: Vec<&str> = rel.split_ascii_whitespace().collect();
        let (attribute, kind) = match tag.name.as_str() {
            "script" => ("src", Kind::Script),
            "link" if rel.contains(&"stylesheet") => ("href", Kind::Style),
            "link" if rel.iter().any(|rel| rel.ends_with("icon")) => ("href", Kind::Image),
            "link" if rel.iter().any(|rel| LOADING_RELATIONS.contains(rel)) => {
                ("href", Kind::Other)
            }
            "img" => ("src", Kind::Image),
            "iframe" | "embed" | "source" | "audio" | "video" => ("src", Kind::Other),
            "object" => ("data", Kind::Other),
            "base" => {
                self.base = tag.get("href").map(str::to_owned);
                return;
            }
            _ => return,
        };
        if let Some(reference) = tag.get(attribute) {
            self.loads.push(Load {
                kind,
                reference: reference.trim().to_owned(),
            });
        }
    }
}

/// Link relations at which a browser fetches something or opens a connection.
const LOADING_RELATIONS: [&str; 6] = [
    "dns-prefetch",
    "manifest",
    "modulepreload",
    "preconnect",
    "prefetch",
    "preload",
];

#[derive(Debug, Default)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.attributes.iter().filter(|(given, _)| given == name);
        named.next().map(|(_, value)| value.as_str())
    }
}

/// Reads a start tag after its `<`, and returns what follows it.
fn read_tag(text: &str) -> (Tag, &str) {
    let is_name_end = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '=');
    let end = text.find(is_name_end).unwrap_or(text.len());
    let mut tag = Tag {
        name: text[..end].to_ascii_lowercase(),
        attributes: Vec::new(),
    };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '='));
        if rest.is_empty() {
            return (tag, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        let end = rest.find(is_name_end).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = read_value(after.trim_start());
        }
        tag.attributes.push((name, value.replace("&amp;", "&")));
    }
}

/// Reads an attribute's value, and returns what follows it.
fn read_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(after) = text.strip_prefix(quote) {
            return after.split_once(quote).unwrap_or((after, ""));
        }
    }
    let is_end = |c: char| c.is_ascii_whitespace() || c == '>';
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

/// Where the end tag of a `script` or `style` element starts; in between nothing is markup.
fn find_end(text: &str, name: &str) -> usize {
    let lower = text.to_ascii_lowercase();
    lower.find(&format!("</{name}")).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_loaded_is_found() {
        let page = read(
            "<!doctype html><!-- <script src='no'> --><HTML>\
             <base href=\"/b/\"><link rel=stylesheet href=a.css><link href='f.png' rel='shortcut icon'>\
             <link rel=preconnect href=//x><link rel=license href=no><a href=no>no</a>\
             <script async src = 'a.js?x&amp;y' ></script><script>if (1 < 2) \"<img src=no>\"</script>\
             <style>p { }</style><img alt='>' src=i.png/><iframe src=i></iframe>",
        );
        let loads: Vec<(Kind, &str)> = page
            .loads
            .iter()
            .map(|load| (load.kind, load.reference.as_str()))
            .collect();
        assert_eq!(
            loads,
            [
                (Kind::Style, "a.css"),
                (Kind::Image, "f.png"),
                (Kind::Other, "//x"),
                (Kind::Script, "a.js?x&y"),
                (Kind::Image, "i.png/"),
                (Kind::Other, "i"),
            ]
        );
        assert_eq!(page.base.as_deref(), Some("/b/"));
        assert_eq!(page.inline_scripts, ["if (1 < 2) \"<img src=no>\""]);
        assert_eq!(page.inline_styles, ["p { }"]);
    }

    #[test]
    fn broken_pages_end() {
        for html in [
            "<",
            "<a",
            "<a b",
            "<a b=",
            "<a b='",
            "<!--",
            "<script>",
            "é<é",
            "<a/é=é>",
        ] {
            read(html);
        }
    }
}

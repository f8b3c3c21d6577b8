//! Markdown as HTML: headings with names to link to, links that are passed through a function, and tables that a reader
//! can scroll.

use std::collections::BTreeMap;

use anyhow::Result;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// What a document becomes.
pub(super) struct Rendered {
    /// The text of its first heading.
    pub(super) title: String,
    pub(super) html: String,
}

/// Elements that may stand in Markdown as they are: pictures. Everything else is shown as text.
const ALLOWED: [&str; 3] = ["picture", "source", "img"];

/// Renders a document. `link` is asked where each link and picture leads, as the document has it.
///
/// # Errors
/// What `link` returns.
pub(super) fn render(text: &str, link: &mut dyn FnMut(&str) -> Result<String>) -> Result<Rendered> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut events: Vec<Event<'_>> = Parser::new_ext(text, options).collect();
    let title = name_headings(&mut events);
    let mut shown = Vec::new();
    let mut caption = title.clone();
    let mut heading = None;
    let mut tables = BTreeMap::new();
    let mut block: Option<String> = None;
    for event in events {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                heading = Some(String::new());
                shown.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                caption = heading.take().unwrap_or(caption);
                shown.push(event);
            }
            Event::Text(ref words) | Event::Code(ref words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(words);
                }
                shown.push(event);
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => shown.push(Event::Start(Tag::Link {
                link_type,
                dest_url: link(&dest_url)?.into(),
                title,
                id,
            })),
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => shown.push(Event::Start(Tag::Image {
                link_type,
                dest_url: link(&dest_url)?.into(),
                title,
                id,
            })),
            Event::Start(Tag::Table(alignments)) => {
                let count: &mut usize = tables.entry(caption.clone()).or_default();
                *count += 1;
                let label = match count {
                    1 => format!("Table: {caption}"),
                    count => format!("Table {count}: {caption}"),
                };
                let label = escaped(&label);
                shown.push(markup(format!(
                    "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\">"
                )));
                shown.push(Event::Start(Tag::Table(alignments)));
            }
            Event::End(TagEnd::Table) => {
                shown.push(event);
                shown.push(markup("</div>".to_owned()));
            }
            // Whoever has no mouse scrolls with the keyboard, once it has the focus.
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(language) if !language.is_empty() => {
                        format!(" class=\"language-{}\"", escaped(language))
                    }
                    _ => String::new(),
                };
                shown.push(markup(format!("<pre tabindex=\"0\"><code{language}>")));
            }
            Event::End(TagEnd::CodeBlock) => shown.push(markup("</code></pre>\n".to_owned())),
            // A block comes line by line.
            Event::Start(Tag::HtmlBlock) => block = Some(String::new()),
            Event::Html(ref raw) | Event::InlineHtml(ref raw) => match &mut block {
                Some(block) => block.push_str(raw),
                None => shown.push(raw_html(raw, link)?),
            },
            Event::End(TagEnd::HtmlBlock) => {
                let raw = block.take().unwrap_or_default().into();
                shown.push(raw_html(&raw, link)?);
            }
            event => shown.push(event),
        }
    }
    let mut page = String::new();
    html::push_html(&mut page, shown.into_iter());
    // A cell without words is no heading of anything.
    let page = page.replace("<th></th>", "<td></td>");
    Ok(Rendered { title, html: page })
}

fn markup(html: String) -> Event<'static> {
    Event::Html(html.into())
}

/// A piece of HTML: a picture with its links followed, nothing for a comment, or as the text that it is.
fn raw_html<'a>(
    raw: &CowStr<'a>,
    link: &mut dyn FnMut(&str) -> Result<String>,
) -> Result<Event<'a>> {
    let trimmed = raw.trim();
    if trimmed.starts_with("<!--") && trimmed.ends_with("-->") {
        return Ok(markup(String::new()));
    }
    let names = trimmed.split('<').skip(1).map(|tag| {
        let tag = tag.trim_start_matches('/');
        let end = tag.find(|character: char| !character.is_ascii_alphanumeric());
        &tag[..end.unwrap_or(tag.len())]
    });
    if !names.into_iter().all(|name| ALLOWED.contains(&name)) {
        return Ok(Event::Text(raw.clone()));
    }
    let mut followed = String::new();
    let mut rest: &str = raw;
    while let Some((start, length)) = [" src=\"", " srcset=\""]
        .iter()
        .filter_map(|name| Some((rest.find(name)?, name.len())))
        .min()
    {
        let value = start + length;
        let end = rest[value..]
            .find('"')
            .map_or(rest.len(), |end| value + end);
        followed += &rest[..value];
        followed += &escaped(&link(&rest[value..end])?);
        rest = &rest[end..];
    }
    Ok(markup(followed + rest))
}

/// Gives each heading a name as GitHub does, and returns the text of the first.
fn name_headings(events: &mut [Event<'_>]) -> String {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut title = None;
    for index in 0..events.len() {
        if !matches!(events[index], Event::Start(Tag::Heading { .. })) {
            continue;
        }
        let inside = events[index + 1..].iter();
        let inside = inside.take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
        let text: String = inside
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                Event::SoftBreak => Some(" "),
                _ => None,
            })
            .collect();
        let slug = slug(&text);
        let count = used.entry(slug.clone()).or_default();
        let name = match *count {
            0 => slug,
            count => format!("{slug}-{count}"),
        };
        *count += 1;
        title.get_or_insert(text);
        if let Event::Start(Tag::Heading { id, .. }) = &mut events[index] {
            *id = Some(name.into());
        }
    }
    title.unwrap_or_default()
}

/// The name of a heading: small letters, hyphens for spaces, and no other punctuation.
fn slug(text: &str) -> String {
    let kept = text.to_lowercase();
    let kept = kept.chars().filter_map(|character| match character {
        ' ' => Some('-'),
        '-' | '_' => Some(character),
        _ if character.is_alphanumeric() => Some(character),
        _ => None,
    });
    kept.collect()
}

/// Text as an attribute or an element may hold it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> Rendered {
        render(text, &mut |target| Ok(format!("to/{target}"))).unwrap()
    }

    #[test]
    fn headings_have_names_to_link_to() {
        let page = rendered("# A `b`: c\n\n## Same\n\n## Same\n");
        assert_eq!(page.title, "A b: c");
        for heading in [
            "<h1 id=\"a-b-c\">",
            "<h2 id=\"same\">",
            "<h2 id=\"same-1\">",
        ] {
            assert!(page.html.contains(heading), "{}", page.html);
        }
    }

    #[test]
    fn links_and_pictures_lead_where_they_are_told() {
        let page = rendered(
            "[x](a.md#b) ![y](c.svg)\n\n<picture>\n<source srcset=\"d.svg\"/>\n<img alt=\"e\" src=\"f.svg\"/>\n</picture>\n",
        );
        for link in ["to/a.md#b", "to/c.svg", "\"to/d.svg\"", "\"to/f.svg\""] {
            assert!(page.html.contains(link), "{}", page.html);
        }
    }

    #[test]
    fn comments_go_and_other_markup_is_text() {
        let page = rendered(
            "<!-- no --\nno -->\n\n<script>alert(1)</script>\n\na <b onclick=\"x\">c</b>\n",
        );
        assert!(!page.html.contains("no --"), "{}", page.html);
        assert!(
            !page.html.contains("<script") && !page.html.contains("<b"),
            "{}",
            page.html
        );
        assert!(page.html.contains("&lt;script&gt;"), "{}", page.html);
    }

    #[test]
    fn tables_can_be_scrolled_and_have_names_of_their_own() {
        let page = rendered("# T\n\n| | a |\n|---|---|\n| b | c |\n\n| d |\n|---|\n| e |\n");
        assert!(
            page.html.contains("aria-label=\"Table: T\""),
            "{}",
            page.html
        );
        assert!(
            page.html.contains("aria-label=\"Table 2: T\""),
            "{}",
            page.html
        );
        assert!(!page.html.contains("<th></th>"), "{}", page.html);
        let code = rendered("```rust\nlet a = \"<b>\";\n```\n").html;
        assert!(
            code.starts_with("<pre tabindex=\"0\"><code class=\"language-rust\">let a"),
            "{code}"
        );
        assert!(code.contains("&lt;b&gt;"), "{code}");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_an_error() {
        let lost = render("[x](y)", &mut |target| anyhow::bail!("no {target}"));
        assert_eq!(lost.err().unwrap().to_string(), "no y");
    }
}

//! The page for people.

use super::css;
use super::html::{self, Kind, Load};
use super::policy::Policy;
use crate::cases::steps::ask;
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

const EXAMPLE: &str = "the FastAPI example";
const CONTRACT: &str = "the contract";

/// How many redirects there may be on the way to the page.
const REDIRECTS: usize = 3;

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "docs/root-redirects",
        EXAMPLE,
        "GET / is 307 or 308 and leads to the page.",
        root_redirects,
    ),
    Case::should(
        "docs/root-relative",
        CONTRACT,
        "The redirect from / is relative, so it keeps a prefix that a proxy strips.",
        root_relative,
    ),
    Case::must("docs/page", EXAMPLE, "GET /docs is 200 text/html.", page),
    Case::must(
        "docs/assets",
        CONTRACT,
        "Every script, style sheet and image of the page is served here: 200, not empty, with its \
         type.",
        assets,
    ),
    Case::must(
        "docs/image-types",
        "RFC 9110 §8.3; the contract",
        "The media type of every image of the page is the one of its format.",
        image_types,
    ),
    Case::must(
        "docs/offline",
        CONTRACT,
        "The page's markup and style sheets refer to no other host. (What its scripts load is \
         tested in a browser only.)",
        offline,
    ),
    Case::should(
        "docs/csp",
        "CSP Level 3; the contract",
        "The page has a Content-Security-Policy that allows its own parts and the document, and \
         no script from elsewhere.",
        csp,
    ),
    Case::must(
        "docs/head",
        "RFC 9110 §9.3.2, the contract",
        "HEAD on the page, its assets and the document has the status, Content-Type and ETag of \
         GET, and no content.",
        head,
    ),
];

pub(in crate::cases) fn root_redirects(context: &Context) -> Outcome {
    let response = context.get("/")?;
    ensure!(
        matches!(response.status, 307 | 308),
        "GET / is {}, not 307 or 308",
        response.status
    );
    let (path, page) = follow(context, "/")?;
    check_page(&page).map_err(|why| Deviation(format!("GET / leads to {path}: {why}")))?;
    Ok(Verdict::Conforms)
}

fn root_relative(context: &Context) -> Outcome {
    let response = context.get("/")?;
    if !(300..400).contains(&response.status) {
        let why = format!("GET / is {}, no redirect", response.status);
        return Ok(Verdict::NotApplicable(why));
    }
    let location = response
        .header("location")
        .ok_or_else(|| Deviation("GET / has no Location".to_owned()))?;
    let is_relative = !location.starts_with('/') && !location.contains("://");
    ensure!(is_relative, "Location is {location:?}");
    Ok(Verdict::Conforms)
}

pub(in crate::cases) fn page(context: &Context) -> Outcome {
    let (_, page) = follow(context, "/docs")?;
    check_page(&page)?;
    Ok(Verdict::Conforms)
}

pub(in crate::cases) fn assets(context: &Context) -> Outcome {
    let site = Site::visit(context)?;
    for load in site.loads() {
        let Some(expected) = expected_type(load.kind) else {
            continue;
        };
        let reference = &load.reference;
        let named = |why: Deviation| Deviation(format!("the page names {reference:?}: {why}"));
        let path = site.locate(reference)?;
        let response = get(context, &path).map_err(named)?;
        let media_type = response.media_type().unwrap_or_default();
        ensure!(
            response.status == 200,
            "the page names {reference:?}, which is {}",
            response.status
        );
        ensure!(
            expected.iter().any(|prefix| media_type.starts_with(prefix)),
            "the page declares {reference:?} as {:?}, but it is {media_type:?}",
            load.kind
        );
        ensure!(
            !response.body.is_empty(),
            "the page names {reference:?}, which is empty"
        );
    }
    Ok(Verdict::Conforms)
}

/// How files of an image format begin, and the format's registered media types.
const IMAGE_FORMATS: [(&[u8], &[&str]); 5] = [
    (b"\x89PNG\r\n\x1A\n", &["image/png"]),
    (b"GIF8", &["image/gif"]),
    (b"\xFF\xD8\xFF", &["image/jpeg"]),
    // What everybody calls the first is registered as the second.
    (b"\0\0\x01\0", &["image/x-icon", "image/vnd.microsoft.icon"]),
    (b"<", &["image/svg+xml"]),
];

fn image_types(context: &Context) -> Outcome {
    let site = Site::visit(context)?;
    let mut met_one = false;
    for load in site.loads().filter(|load| load.kind == Kind::Image) {
        let path = site.locate(&load.reference)?;
        let image = get(context, &path)?;
        let mut formats = IMAGE_FORMATS.iter();
        // One that is not there, or of another format, is for other cases to judge.
        let Some((_, types)) = formats.find(|(start, _)| image.body.starts_with(start)) else {
            continue;
        };
        met_one = true;
        let media_type = image.media_type().unwrap_or_default();
        ensure!(
            image.status != 200 || types.contains(&media_type.as_str()),
            "GET {path} is {media_type:?}, but its content is {}",
            types[0]
        );
    }
    Ok(match met_one {
        true => Verdict::Conforms,
        false => Verdict::NotApplicable("the page has no image of a known format".to_owned()),
    })
}

/// The media types that go with a kind, up to what may follow.
fn expected_type(kind: Kind) -> Option<&'static [&'static str]> {
    match kind {
        // RFC 9239 names text/javascript and calls the others obsolete aliases.
        Kind::Script => Some(&["text/javascript", "application/javascript"]),
        Kind::Style => Some(&["text/css"]),
        Kind::Image => Some(&["image/"]),
        Kind::Other => None,
    }
}

fn offline(context: &Context) -> Outcome {
    let site = Site::visit(context)?;
    if let Some(base) = &site.html.base {
        site.locate(base)?;
    }
    for load in site.loads() {
        let path = site.locate(&load.reference)?;
        if load.kind == Kind::Style {
            check_style_sheet(context, &path)?;
        }
    }
    for style in &site.html.inline_styles {
        for reference in css::references(style) {
            site.locate(reference)?;
        }
    }
    Ok(Verdict::Conforms)
}

fn check_style_sheet(context: &Context, path: &str) -> Result<(), Deviation> {
    let response = get(context, path)?;
    // That it is there and is CSS is the subject of another case.
    let text = String::from_utf8_lossy(&response.body);
    for reference in css::references(&text) {
        context
            .base()
            .follow(path, reference)
            .map_err(|elsewhere| Deviation(format!("the style sheet {path} loads {elsewhere}")))?;
    }
    Ok(())
}

fn csp(context: &Context) -> Outcome {
    let site = Site::visit(context)?;
    let policies = site.response.values("content-security-policy");
    ensure!(!policies.is_empty(), "the page has no policy");
    for policy in policies.into_iter().map(Policy::parse) {
        if let Some(hole) = policy.script_hole() {
            return Err(Deviation(format!(
                "the policy allows foreign scripts: {hole}"
            )));
        }
        // The document is fetched by script.
        ensure!(
            policy.allows_self("connect-src"),
            "the policy does not let the page fetch the document (connect-src)"
        );
        for load in site.loads() {
            let directive = match load.kind {
                Kind::Script => "script-src",
                Kind::Style => "style-src",
                Kind::Image => "img-src",
                Kind::Other => continue,
            };
            ensure!(
                policy.allows_self(directive),
                "the policy blocks {:?} ({directive})",
                load.reference
            );
        }
        ensure!(
            site.html.inline_scripts.is_empty() || policy.allows_inline("script-src"),
            "the policy blocks the page's inline script"
        );
        ensure!(
            site.html.inline_styles.is_empty() || policy.allows_inline("style-src"),
            "the policy blocks the page's inline style"
        );
    }
    Ok(Verdict::Conforms)
}

fn head(context: &Context) -> Outcome {
    let site = Site::visit(context)?;
    let mut paths = vec![site.path.clone(), context.path("/openapi.json")];
    for load in site.loads() {
        // What is elsewhere is another server's.
        if expected_type(load.kind).is_some()
            && let Ok(path) = site.locate(&load.reference)
        {
            paths.push(path);
        }
    }
    for path in paths {
        let path = below_prefix(context, &path)?;
        let get = context.get(path)?;
        let head = ask(context, Request::new("HEAD", path))?;
        ensure!(
            head.status == get.status,
            "HEAD {path} is {}, GET is {}",
            head.status,
            get.status
        );
        for field in ["content-type", "etag"] {
            ensure!(
                head.values(field) == get.values(field),
                "{field} of {path} is {:?} for HEAD, but {:?} for GET",
                head.values(field),
                get.values(field)
            );
        }
    }
    Ok(Verdict::Conforms)
}

/// The paths of the scripts, style sheets and images that the page names, as far as they are here:
/// none where there is no page.
pub(in crate::cases) fn parts(context: &Context) -> Vec<String> {
    let Ok(site) = Site::visit(context) else {
        return Vec::new();
    };
    let parts = site
        .loads()
        .filter(|load| expected_type(load.kind).is_some());
    parts
        .filter_map(|load| {
            let path = site.locate(&load.reference).ok()?;
            below_prefix(context, &path).ok().map(str::to_owned)
        })
        .collect()
}

/// The page and what it is made of.
struct Site<'a> {
    context: &'a Context,
    /// Where the page was found, with the target's prefix.
    path: String,
    response: Response,
    html: html::Page,
}

impl<'a> Site<'a> {
    fn visit(context: &'a Context) -> Result<Self, Deviation> {
        let (path, response) = follow(context, "/docs")?;
        check_page(&response)?;
        let html = html::read(response.text()?);
        Ok(Self {
            context,
            path,
            response,
            html,
        })
    }

    /// What the page loads over the network.
    fn loads(&self) -> impl Iterator<Item = &Load> {
        let is_inline = |load: &&Load| load.reference.starts_with("data:");
        self.html.loads.iter().filter(move |load| !is_inline(load))
    }

    /// Where a reference on the page leads, which must be on this server.
    fn locate(&self, reference: &str) -> Result<String, Deviation> {
        let elsewhere = |url| {
            Deviation(format!(
                "the page loads {reference:?} from another host: {url}"
            ))
        };
        let base = self.context.base();
        let page = match &self.html.base {
            Some(href) => base.follow(&self.path, href).map_err(elsewhere)?,
            None => self.path.clone(),
        };
        base.follow(&page, reference).map_err(elsewhere)
    }
}

/// GET of an API path and of wherever it redirects to; the last path, with the target's prefix,
/// and the answer there.
pub(in crate::cases) fn follow(
    context: &Context,
    path: &str,
) -> Result<(String, Response), Deviation> {
    let mut path = context.path(path);
    for _ in 0..=REDIRECTS {
        let response = get(context, &path)?;
        let location = match response.header("location") {
            Some(location) if (300..400).contains(&response.status) => location,
            _ => return Ok((path, response)),
        };
        path = context
            .base()
            .follow(&path, location)
            .map_err(|elsewhere| Deviation(format!("{path} redirects to {elsewhere}")))?;
    }
    Err(Deviation(format!(
        "there are more than {REDIRECTS} redirects, the last to {path}"
    )))
}

/// GET of a path that has the target's prefix.
fn get(context: &Context, path: &str) -> Result<Response, Deviation> {
    context.get(below_prefix(context, path)?)
}

fn below_prefix<'p>(context: &Context, path: &'p str) -> Result<&'p str, Deviation> {
    let prefix = context.base().prefix();
    path.strip_prefix(prefix)
        .filter(|rest| rest.starts_with('/'))
        .ok_or_else(|| Deviation(format!("{path} is not below the prefix {prefix}")))
}

fn check_page(response: &Response) -> Result<(), Deviation> {
    ensure!(response.status == 200, "the status is {}", response.status);
    let media_type = response.media_type().unwrap_or_default();
    ensure!(
        media_type == "text/html",
        "the page is {media_type:?}, not text/html"
    );
    Ok(())
}

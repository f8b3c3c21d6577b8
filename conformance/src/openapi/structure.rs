//! Whether a document is put together as OpenAPI 3.1 (§4.8) has it.

mod fields;

use std::collections::BTreeSet;

use serde_json::Value;

use super::Description;
use super::contents::{METHODS, members};
use fields::{
    COMPONENTS, EXAMPLE, Fields, HEADER, INFO, LICENSE, MEDIA_TYPE, OPERATION, PARAMETER,
    PATH_ITEM, REQUEST_BODY, RESPONSE, ROOT, SECURITY_SCHEME, SERVER, TAG,
};

impl Description {
    /// What is wrong with the document, apart from its schemas.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut checker = Checker {
            description: self,
            problems: Vec::new(),
        };
        checker.root();
        checker.references("", &self.root);
        checker.problems
    }
}

struct Checker<'a> {
    description: &'a Description,
    problems: Vec<String>,
}

impl<'a> Checker<'a> {
    fn report(&mut self, place: &str, problem: impl std::fmt::Display) {
        let place = if place.is_empty() {
            "the document"
        } else {
            place
        };
        self.problems.push(format!("{place}: {problem}"));
    }

    /// Checks the names of an object's members; `x-` begins an extension (§4.9).
    fn fields(&mut self, place: &str, value: &Value, (must, may): Fields) {
        if !value.is_object() {
            self.report(place, "it is no object");
            return;
        }
        for name in must {
            if value.get(name).is_none() {
                self.report(place, format!("it has no {name}"));
            }
        }
        for (name, _) in members(value) {
            let is_known = must.contains(&name.as_str()) || may.contains(&name.as_str());
            if !is_known && !name.starts_with("x-") {
                self.report(place, format!("it has {name}, which is not defined"));
            }
        }
    }

    fn root(&mut self) {
        let root = &self.description.root;
        self.fields("", root, ROOT);
        if ["paths", "components", "webhooks"]
            .iter()
            .all(|part| root.get(part).is_none())
        {
            self.report("", "it has neither paths nor components nor webhooks");
        }
        self.fields("info", &root["info"], INFO);
        self.strings("info", &root["info"], &["title", "version"]);
        if let Some(license) = root["info"].get("license") {
            self.fields("info.license", license, LICENSE);
            if license.get("identifier").is_some() && license.get("url").is_some() {
                self.report("info.license", "it has both identifier and url");
            }
        }
        self.servers("servers", root);
        self.security("security", root);
        let mut names = BTreeSet::new();
        for (index, tag) in elements(root, "tags") {
            let place = format!("tags.{index}");
            self.fields(&place, tag, TAG);
            if !names.insert(tag["name"].as_str()) {
                self.report(&place, "its name is taken");
            }
        }
        for (path, item) in members(&root["paths"]) {
            let place = format!("paths.{path}");
            if !path.starts_with('/') {
                self.report(&place, "it does not start with a slash");
            }
            self.path_item(&place, path, item);
        }
        self.components(&root["components"]);
    }

    fn strings(&mut self, place: &str, value: &Value, names: &[&str]) {
        for name in names {
            if value.get(name).is_some_and(|member| !member.is_string()) {
                self.report(place, format!("its {name} is no string"));
            }
        }
    }

    fn servers(&mut self, place: &str, holder: &Value) {
        for (index, server) in elements(holder, "servers") {
            let place = format!("{place}.{index}");
            self.fields(&place, server, SERVER);
            self.strings(&place, server, &["url"]);
        }
    }

    /// Security requirements name schemes that there are (§4.8.30).
    fn security(&mut self, place: &str, holder: &Value) {
        for (index, requirement) in elements(holder, "security") {
            for (name, scopes) in members(requirement) {
                let place = format!("{place}.{index}.{name}");
                let schemes = &self.description.root["components"]["securitySchemes"];
                if schemes.get(name).is_none() {
                    self.report(&place, "there is no such security scheme");
                }
                if !scopes.is_array() {
                    self.report(&place, "it is no list");
                }
            }
        }
    }

    fn path_item(&mut self, place: &str, path: &str, item: &'a Value) {
        self.fields(place, item, PATH_ITEM);
        self.servers(&format!("{place}.servers"), item);
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                self.operation(&format!("{place}.{method}"), path, item, operation);
            }
        }
    }

    fn operation(&mut self, place: &str, path: &str, item: &'a Value, operation: &'a Value) {
        self.fields(place, operation, OPERATION);
        self.strings(place, operation, &["operationId", "summary", "description"]);
        self.servers(&format!("{place}.servers"), operation);
        self.security(&format!("{place}.security"), operation);
        self.parameters(place, path, item, operation);
        if let Some(body) = operation.get("requestBody") {
            self.request_body(&format!("{place}.requestBody"), body);
        }
        let responses = &operation["responses"];
        if members(responses).next().is_none() {
            self.report(place, "it has no response");
        }
        for (status, response) in members(responses) {
            let here = format!("{place}.responses.{status}");
            if !is_status(status) && !status.starts_with("x-") {
                self.report(&here, "it is no status");
            }
            self.response(&here, response);
        }
    }

    /// Parameters in a path stand in its template and are required, and the template has no other
    /// (§4.8.12.2.1).
    fn parameters(&mut self, place: &str, path: &str, item: &'a Value, operation: &'a Value) {
        let mut in_path = BTreeSet::new();
        for holder in [item, operation] {
            let mut seen = BTreeSet::new();
            for (index, parameter) in elements(holder, "parameters") {
                let here = format!("{place}.parameters.{index}");
                let Ok(parameter) = self.description.resolve(parameter) else {
                    continue;
                };
                self.parameter(&here, parameter);
                let (name, location) = (parameter["name"].as_str(), parameter["in"].as_str());
                if !seen.insert((name, location)) {
                    self.report(&here, "its name and place are taken");
                }
                if location == Some("path") {
                    in_path.insert(name.unwrap_or_default().to_owned());
                }
            }
        }
        let templated: BTreeSet<String> = path
            .split('{')
            .skip(1)
            .filter_map(|after| after.split_once('}'))
            .map(|(name, _)| name.to_owned())
            .collect();
        if in_path != templated {
            self.report(
                place,
                format!("its path parameters are {in_path:?}, the path's {templated:?}"),
            );
        }
    }

    fn parameter(&mut self, place: &str, parameter: &'a Value) {
        self.fields(place, parameter, PARAMETER);
        let location = parameter["in"].as_str().unwrap_or_default();
        if !["query", "header", "path", "cookie"].contains(&location) {
            self.report(place, format!("it is in {location:?}"));
        }
        if location == "path" && parameter["required"] != true {
            self.report(place, "it is in the path and not required");
        }
        self.schema_or_content(place, parameter);
    }

    /// A parameter or header has either a schema or content (§4.8.12.2, §4.8.21).
    fn schema_or_content(&mut self, place: &str, holder: &'a Value) {
        if holder.get("schema").is_some() == holder.get("content").is_some() {
            self.report(place, "it must have either a schema or content");
        }
        self.content(place, holder);
        self.examples(place, holder);
    }

    fn request_body(&mut self, place: &str, body: &'a Value) {
        if let Ok(body) = self.description.resolve(body) {
            self.fields(place, body, REQUEST_BODY);
            self.content(place, body);
        }
    }

    fn response(&mut self, place: &str, response: &'a Value) {
        let Ok(response) = self.description.resolve(response) else {
            return;
        };
        self.fields(place, response, RESPONSE);
        self.strings(place, response, &["description"]);
        self.content(place, response);
        for (name, header) in members(&response["headers"]) {
            self.header(&format!("{place}.headers.{name}"), header);
        }
    }

    fn header(&mut self, place: &str, header: &'a Value) {
        if let Ok(header) = self.description.resolve(header) {
            self.fields(place, header, HEADER);
            self.schema_or_content(place, header);
        }
    }

    fn content(&mut self, place: &str, holder: &'a Value) {
        for (name, content) in members(&holder["content"]) {
            let here = format!("{place}.content.{name}");
            if !name.contains('/') {
                self.report(&here, "it is no media type");
            }
            self.fields(&here, content, MEDIA_TYPE);
            self.examples(&here, content);
        }
    }

    fn examples(&mut self, place: &str, holder: &'a Value) {
        if holder.get("example").is_some() && holder.get("examples").is_some() {
            self.report(place, "it has both example and examples");
        }
        for (name, example) in members(&holder["examples"]) {
            if let Ok(example) = self.description.resolve(example) {
                self.fields(&format!("{place}.examples.{name}"), example, EXAMPLE);
            }
        }
    }

    fn components(&mut self, components: &'a Value) {
        if components.is_null() {
            return;
        }
        self.fields("components", components, COMPONENTS);
        for (kind, named) in members(components) {
            for (name, value) in members(named) {
                let place = format!("components.{kind}.{name}");
                let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
                if !name.bytes().all(is_name) {
                    self.report(
                        &place,
                        "its name has other characters than A-Z a-z 0-9 . _ -",
                    );
                }
                match kind.as_str() {
                    "responses" => self.response(&place, value),
                    "requestBodies" => self.request_body(&place, value),
                    "headers" => self.header(&place, value),
                    "securitySchemes" => self.security_scheme(&place, value),
                    "parameters" => {
                        if let Ok(parameter) = self.description.resolve(value) {
                            self.parameter(&place, parameter);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// What a scheme must have goes by its type (§4.8.27.1).
    fn security_scheme(&mut self, place: &str, scheme: &'a Value) {
        let Ok(scheme) = self.description.resolve(scheme) else {
            return;
        };
        self.fields(place, scheme, SECURITY_SCHEME);
        let must: &[&str] = match scheme["type"].as_str().unwrap_or_default() {
            "apiKey" => &["name", "in"],
            "http" => &["scheme"],
            "mutualTLS" => &[],
            "oauth2" => &["flows"],
            "openIdConnect" => &["openIdConnectUrl"],
            other => {
                self.report(place, format!("its type is {other:?}"));
                return;
            }
        };
        for name in must {
            if scheme.get(name).is_none() {
                self.report(place, format!("it has no {name}"));
            }
        }
    }

    /// Every reference leads somewhere in the document. Those in examples are only text.
    fn references(&mut self, place: &str, value: &'a Value) {
        if value.get("$ref").is_some_and(Value::is_string)
            && let Err(why) = self.description.resolve(value)
        {
            self.report(place, why);
        }
        for (name, member) in members(value) {
            if !matches!(
                name.as_str(),
                "example" | "examples" | "default" | "enum" | "const"
            ) {
                self.references(&format!("{place}/{name}"), member);
            }
        }
        for (index, element) in value.as_array().into_iter().flatten().enumerate() {
            self.references(&format!("{place}/{index}"), element);
        }
    }
}

/// The elements of a list that is a member of `holder`, with their index.
fn elements<'a>(holder: &'a Value, name: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    let list = holder.get(name).and_then(Value::as_array);
    list.into_iter().flatten().enumerate()
}

/// `default`, a status code, or a range of them (§4.8.16).
fn is_status(key: &str) -> bool {
    let is_class = |digit: u8| (b'1'..=b'5').contains(&digit);
    match key.as_bytes() {
        b"default" => true,
        [class, b'X', b'X'] => is_class(*class),
        [class, tens, ones] => is_class(*class) && tens.is_ascii_digit() && ones.is_ascii_digit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

//! Files of one package must not import each other in a circle. A module and those inside it are one room.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::Visit;
use syn::{Attribute, ItemMod, ItemUse, UseTree, Visibility};

/// A module by the names that lead to it from its package's root, which has none.
type Module = Vec<String>;

/// Which files of a package import which, by their modules.
type Arrows = BTreeMap<Module, BTreeSet<Module>>;

/// Arrows that close a circle and stay: package, from, to.
const STAYING: &[(&str, &str, &str)] = &[
    // A case asks through its context, which knows its target and starts servers. A server's stanza names cases, a
    // target can be asked outside of any case, and what a server serves decides which cases apply.
    ("conformance", "served", "case"),
    ("conformance", "servers", "case"),
    ("conformance", "servers", "selection"),
    ("conformance", "target", "context"),
];

/// What one file names.
#[derive(Default)]
struct Named {
    /// The module that is being read: the file's, or one in it.
    here: Module,
    /// Modules that are files of their own.
    files: BTreeSet<Module>,
    /// Every path to something of the package.
    paths: Vec<Module>,
    /// What the file passes on, by the name that it has here.
    passed_on: BTreeMap<String, Module>,
}

impl Named {
    fn of(module: &Module, text: &str, files: &BTreeSet<Module>) -> Self {
        let mut named = Self {
            here: module.clone(),
            files: files.clone(),
            ..Self::default()
        };
        named.visit_file(&syn::parse_file(text).unwrap());
        named
    }

    /// Where a path leads from the package's root, if it stays in the package.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let mut base = self.here.clone();
        let rest = match path.first()?.as_str() {
            "crate" => {
                base.clear();
                &path[1..]
            }
            "self" => &path[1..],
            "super" => {
                let up = path.iter().take_while(|word| *word == "super").count();
                base.truncate(base.len().saturating_sub(up));
                &path[up..]
            }
            child => {
                let is_file = self
                    .files
                    .contains(&[&base[..], &[child.to_owned()]].concat());
                is_file.then_some(path)?
            }
        };
        Some([base, rest.to_vec()].concat())
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String], is_passed_on: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (path, name) = match tree {
            UseTree::Path(path) => {
                return self.add_use(&path.tree, &with(&path.ident), is_passed_on);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(tree, before, is_passed_on);
                }
                return;
            }
            UseTree::Glob(_) => (before.to_vec(), None),
            UseTree::Name(name) if name.ident == "self" => {
                (before.to_vec(), before.last().cloned())
            }
            UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(rename) => (with(&rename.ident), Some(rename.rename.to_string())),
        };
        if let Some(path) = self.absolute(&path) {
            if let Some(name) = name.filter(|_| is_passed_on) {
                self.passed_on.insert(name, path.clone());
            }
            self.paths.push(path);
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        let list = attribute.meta.require_list();
        list.is_ok_and(|list| list.path.is_ident("cfg") && list.tokens.to_string().contains("test"))
    };
    attributes.iter().any(is_test)
}

impl<'ast> Visit<'ast> for Named {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_for_tests(&item.attrs) {
            self.here.push(item.ident.to_string());
            syn::visit::visit_item_mod(self, item);
            self.here.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.add_use(&item.tree, &[], item.vis != Visibility::Inherited);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if words.len() > 1 {
            self.paths.extend(self.absolute(&words));
        }
        syn::visit::visit_path(self, path);
    }
}

/// The file in which a path ends, which may be passed on by others.
fn home(path: &[String], all: &BTreeMap<Module, Named>) -> Module {
    let mut path = path.to_vec();
    // A name that is passed on in a circle is no Rust.
    for _ in 0..all.len() {
        let length = (0..=path.len())
            .rev()
            .find(|&length| all.contains_key(&path[..length]));
        let (file, rest) = path.split_at(length.unwrap());
        let next = rest.first().and_then(|name| all[file].passed_on.get(name));
        match next {
            Some(next) if next != &path => path = next.clone(),
            _ => return file.to_vec(),
        }
    }
    panic!("{path:?} is passed on for ever");
}

fn arrows(files: &BTreeMap<Module, String>) -> Arrows {
    let names: BTreeSet<Module> = files.keys().cloned().collect();
    let all: BTreeMap<Module, Named> = files
        .iter()
        .map(|(module, text)| (module.clone(), Named::of(module, text, &names)))
        .collect();
    let is_one_room = |a: &Module, b: &Module| a.starts_with(b) || b.starts_with(a);
    let of_file = |(module, named): (&Module, &Named)| {
        let homes = named.paths.iter().map(|path| home(path, &all));
        let others = homes.filter(|other| !is_one_room(module, other));
        (module.clone(), others.collect())
    };
    all.iter().map(of_file).collect()
}

/// The files of a circle in the order of their arrows, if there is one.
fn circle(arrows: &Arrows) -> Option<Vec<Module>> {
    fn follow(
        at: &Module,
        arrows: &Arrows,
        way: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> bool {
        if let Some(start) = way.iter().position(|seen| seen == at) {
            way.drain(..start);
            return true;
        }
        if done.contains(at) {
            return false;
        }
        way.push(at.clone());
        if arrows[at]
            .iter()
            .any(|next| follow(next, arrows, way, done))
        {
            return true;
        }
        way.pop();
        done.insert(at.clone());
        false
    }
    let mut done = BTreeSet::new();
    arrows.keys().find_map(|start| {
        let mut way = Vec::new();
        follow(start, arrows, &mut way, &mut done).then_some(way)
    })
}

/// The files below `src`, by their modules, without tests and programs.
fn files(src: &Path, module: &[String], found: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(src).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner = [module, std::slice::from_ref(&name)].concat();
        if path.is_dir() {
            if name != "bin" {
                files(&path, &inner, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = match name.as_str() {
                "lib" | "mod" => module.to_vec(),
                "main" | "tests" | "testing" => continue,
                _ => inner,
            };
            found.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn files_of_a_package_do_not_import_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let workspace: toml::Table = fs::read_to_string(root.join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let mut looked_at = 0;
    let mut circles = Vec::new();
    for member in members {
        let mut found = BTreeMap::new();
        let folder = member.as_str().unwrap();
        let src = root.join(folder).join("src");
        // Programs beside a manifest are of one file each.
        if src.is_dir() {
            files(&src, &[], &mut found);
        }
        looked_at += found.len();
        // A program without a library.
        found.entry(Module::new()).or_default();
        let mut arrows = arrows(&found);
        for (_, from, to) in STAYING.iter().filter(|(package, ..)| package == &folder) {
            let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
            let is_there = arrows
                .get_mut(&module(from))
                .is_some_and(|to_all| to_all.remove(&module(to)));
            assert!(is_there, "{folder}: there is no arrow from {from} to {to}");
        }
        if let Some(circle) = circle(&arrows) {
            let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            circles.push(format!("{folder}: {}", names.join(" -> ")));
        }
    }
    assert!(looked_at > 500, "{looked_at} files were found");
    assert_eq!(circles, Vec::<String>::new());
}

fn found(files: &[(&str, &str)]) -> Option<Vec<String>> {
    let files = files.iter().map(|(module, text)| {
        let module = module.split("::").filter(|word| !word.is_empty());
        (module.map(str::to_owned).collect(), (*text).to_owned())
    });
    let circle = circle(&arrows(&files.collect()))?;
    Some(circle.iter().map(|module| module.join("::")).collect())
}

#[test]
fn a_circle_is_found_through_names_that_are_passed_on() {
    let root = ("", "mod a;\nmod b;\npub use a::A;\nuse b::B as _;");
    let circle = [
        root,
        ("a", "use crate::b::{self, C};\npub struct A;"),
        ("b", "pub struct B(crate::A);\npub struct C;"),
    ];
    assert_eq!(found(&circle), Some(vec!["a".to_owned(), "b".to_owned()]));
    let line = [
        root,
        circle[1],
        (
            "b",
            "pub struct B;\n#[cfg(test)]\nmod tests { use crate::A; }",
        ),
    ];
    assert_eq!(found(&line), None);
}

#[test]
fn a_module_and_those_inside_it_are_one_room() {
    let inside = [
        ("", "mod a;"),
        ("a", "mod b;\nuse b::B;\npub struct A(B);"),
        ("a::b", "pub struct B(Option<super::A>);"),
    ];
    assert_eq!(found(&inside), None);
    let beside = [
        ("", "mod a;"),
        ("a", "mod b;\nmod c;"),
        ("a::b", "use super::c::C;\npub struct B;"),
        ("a::c", "pub struct C(super::b::B);"),
    ];
    let between = vec!["a::b".to_owned(), "a::c".to_owned()];
    assert_eq!(found(&beside), Some(between));
}

//! Makes the page's files ready to be served: each under a name that holds its content's hash, so that browsers keep it for
//! ever, and compressed. What a file imports is named in it, so imported files come first.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

const FOLDER: &str = "console";
const PAGE: &str = "index.html";
const KINDS: [&str; 3] = ["js", "css", "svg"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut files = Files::read(Path::new(FOLDER))?;
    let page = fs::read_to_string(Path::new(FOLDER).join(PAGE))?;
    let names: Vec<_> = files.waiting.keys().cloned().collect();
    for name in &names {
        files.finish(name, &mut Vec::new())?;
    }
    fs::write(out.join("console.rs"), source(&files, &page, &out)?)?;
    Ok(())
}

/// The files beside the page: as they are written, and as they are served.
struct Files {
    waiting: BTreeMap<String, String>,
    /// By the name in the folder: the name it is served under, and its text.
    done: BTreeMap<String, (String, String)>,
}

impl Files {
    fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut waiting = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let kind = path.extension().and_then(|it| it.to_str());
            let name = path.file_name().and_then(|it| it.to_str());
            if let (Some(kind), Some(name)) = (kind, name)
                && KINDS.contains(&kind)
            {
                waiting.insert(name.to_owned(), fs::read_to_string(&path)?);
            }
        }
        Ok(Self {
            waiting,
            done: BTreeMap::new(),
        })
    }

    /// Names what a file imports, then the file by what it has become. `above` are those that import it.
    fn finish(&mut self, name: &str, above: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
        if above.iter().any(|it| it == name) {
            return Err(format!("{above:?} import each other in a circle, at {name}").into());
        }
        let Some(mut text) = self.waiting.get(name).cloned() else {
            return Ok(());
        };
        above.push(name.to_owned());
        let all: Vec<_> = self
            .waiting
            .keys()
            .chain(self.done.keys())
            .cloned()
            .collect();
        for other in all {
            let import = format!("\"./{other}\"");
            if !text.contains(&import) {
                continue;
            }
            self.finish(&other, above)?;
            let (hashed, _) = self.done.get(&other).ok_or("an import is missing")?;
            text = text.replace(&import, &format!("\"./{hashed}\""));
        }
        above.pop();
        self.waiting.remove(name);
        self.done
            .insert(name.to_owned(), (hashed(name, &text), text));
        Ok(())
    }
}

/// `map.js` as `map.0123456789abcdef.js`.
fn hashed(name: &str, text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let hash = hasher.finish();
    match name.rsplit_once('.') {
        Some((stem, kind)) => format!("{stem}.{hash:016x}.{kind}"),
        None => format!("{name}.{hash:016x}"),
    }
}

fn kind(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, kind)| kind)
}

/// The Rust source that embeds the page and its files; both forms of each are written beside it.
fn source(files: &Files, page: &str, out: &Path) -> Result<String, Box<dyn Error>> {
    let page = finished_page(files, page);
    let mut source = format!(
        "const PAGE: Content = {};\nconst ASSETS: [Asset; {}] = [\n",
        embed(out, PAGE, &page)?,
        files.done.len()
    );
    for (hashed, text) in files.done.values() {
        let kind = kind(hashed).to_uppercase();
        let content = embed(out, hashed, text)?;
        writeln!(source, "    (\"/console/{hashed}\", {kind}, {content}),")?;
    }
    source.push_str("];\n");
    Ok(source)
}

/// The page with the names under which its files are served. All modules are asked for at once, not one after the other.
fn finished_page(files: &Files, page: &str) -> String {
    let named = files
        .done
        .iter()
        .fold(page.to_owned(), |page, (name, (hashed, _))| {
            page.replace(
                &format!("\"/console/{name}\""),
                &format!("\"/console/{hashed}\""),
            )
        });
    let modules = files
        .done
        .values()
        .filter(|(hashed, _)| kind(hashed) == "js");
    let preloads: Vec<_> = modules
        .map(|(hashed, _)| format!("<link rel=\"modulepreload\" href=\"/console/{hashed}\">"))
        .collect();
    named.replace("</head>", &format!("{}</head>", preloads.concat()))
}

/// Writes a file as it is and compressed; the result is the expression that embeds both.
fn embed(out: &Path, name: &str, text: &str) -> Result<String, Box<dyn Error>> {
    let small = format!("{name}.gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes())?;
    fs::write(out.join(&small), encoder.finish()?)?;
    fs::write(out.join(name), text)?;
    Ok(format!(
        "Content {{ plain: include_bytes!(\"{name}\"), gzip: include_bytes!(\"{small}\") }}"
    ))
}

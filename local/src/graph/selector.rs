//! `EntitySelectorExpression`: `service("orders")`, `edge("web", "orders")`, names also as `id(name: "orders", type: "AWS::Lambda")`.

use thiserror::Error;

use super::node::NodeId;
use super::traffic::Call;

/// What a series is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Selector {
    /// What came from outside.
    #[default]
    Clients,
    /// What a service served.
    Service(Who),
    /// What one called of the other.
    Edge(Who, Who),
}

/// Some nodes, by what is known of them; what is not said may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Who {
    name: Option<String>,
    kind: Option<String>,
    account: Option<String>,
}

/// Why a text is no selector.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "EntitySelectorExpression at character {at}: {expected} should stand here; write service(\"NAME\") or edge(\"CALLER\", \"CALLED\"), names also as id(name: \"NAME\", type: \"TYPE\", account.id: \"ID\")"
)]
pub(crate) struct SelectorError {
    at: usize,
    expected: &'static str,
}

/// Whose view of a request is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The callers'.
    Calls,
    /// The service's own.
    Service,
}

impl Selector {
    /// Reads an expression.
    pub(crate) fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut reader = Reader { text, rest: text };
        let selector = match reader.word() {
            "service" => Self::Service(reader.in_brackets(Reader::anybody_or_who)?),
            "edge" => {
                let (from, to) = reader.in_brackets(|reader| {
                    let from = reader.who()?;
                    reader.sign(',', "a comma")?;
                    Ok((from, reader.who()?))
                })?;
                Self::Edge(from, to)
            }
            _ => return Err(reader.expected_before("service or edge")),
        };
        reader.skip_space();
        if reader.rest.is_empty() {
            Ok(selector)
        } else {
            Err(reader.expected("the end"))
        }
    }

    pub(super) const fn side(&self) -> Side {
        match self {
            Self::Service(_) => Side::Service,
            Self::Clients | Self::Edge(..) => Side::Calls,
        }
    }

    pub(super) fn is_service(&self, node: &NodeId) -> bool {
        matches!(self, Self::Service(who) if who.is(node))
    }

    pub(super) fn is_call(&self, call: &Call) -> bool {
        match self {
            Self::Clients => call.from.is_client(),
            Self::Service(_) => false,
            Self::Edge(from, to) => from.is(&call.from) && to.is(&call.to),
        }
    }
}

impl Who {
    /// A client bears the name of what it calls, so it is meant only where its type is said.
    fn is(&self, node: &NodeId) -> bool {
        let fits = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|it| Some(it) == found)
        };
        fits(&self.name, Some(&node.name))
            && fits(&self.kind, node.kind.as_deref())
            && fits(&self.account, node.account.as_deref())
            && (self.kind.is_some() || !node.is_client())
    }
}

/// The text, and what of it has not been read.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn expected(&self, expected: &'static str) -> SelectorError {
        let read = self.text.len() - self.rest.len();
        let read = self.text.get(..read).unwrap_or_default();
        let at = read.chars().count() + 1;
        SelectorError { at, expected }
    }

    /// The same about the word that was read last.
    fn expected_before(&self, expected: &'static str) -> SelectorError {
        let begin = self.text.len() - self.text.trim_start().len();
        let rest = self.text.get(begin..).unwrap_or_default();
        Self { rest, ..*self }.expected(expected)
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn word(&mut self) -> &'a str {
        self.skip_space();
        let is_part = |it: char| it.is_ascii_alphanumeric() || it == '.';
        let end = self.rest.find(|it| !is_part(it)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        self.rest = rest;
        word
    }

    fn sign(&mut self, sign: char, named: &'static str) -> Result<(), SelectorError> {
        self.skip_space();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.ok_or_else(|| self.expected(named))?;
        Ok(())
    }

    fn in_brackets<T>(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<T, SelectorError>,
    ) -> Result<T, SelectorError> {
        self.sign('(', "an opening bracket")?;
        let read = inside(self)?;
        self.sign(')', "a closing bracket")?;
        Ok(read)
    }

    fn anybody_or_who(&mut self) -> Result<Who, SelectorError> {
        self.skip_space();
        if self.rest.starts_with(')') {
            return Ok(Who::default());
        }
        self.who()
    }

    fn who(&mut self) -> Result<Who, SelectorError> {
        self.skip_space();
        if self.rest.starts_with('"') {
            let name = Some(self.string()?);
            return Ok(Who {
                name,
                ..Who::default()
            });
        }
        let before = self.rest;
        if self.word() != "id" {
            self.rest = before;
            return Err(self.expected("a name in double quotes, or id"));
        }
        self.in_brackets(Self::parts)
    }

    fn parts(&mut self) -> Result<Who, SelectorError> {
        let mut who = Who::default();
        loop {
            self.skip_space();
            let before = self.rest;
            let part = match self.word() {
                "name" => &mut who.name,
                "type" => &mut who.kind,
                "account.id" => &mut who.account,
                _ => {
                    self.rest = before;
                    return Err(self.expected("name, type or account.id"));
                }
            };
            self.sign(':', "a colon")?;
            *part = Some(self.string()?);
            self.skip_space();
            if !self.rest.starts_with(',') {
                return Ok(who);
            }
            self.sign(',', "a comma")?;
        }
    }

    /// A text in double quotes; a backslash takes the next character as it is.
    fn string(&mut self) -> Result<String, SelectorError> {
        self.sign('"', "a double quote")?;
        let mut string = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(string);
                }
                '\\' => string.extend(characters.next().map(|(_, it)| it)),
                _ => string.push(character),
            }
        }
        self.rest = "";
        Err(self.expected("a double quote"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn who(name: Option<&str>, kind: Option<&str>, account: Option<&str>) -> Who {
        Who {
            name: name.map(str::to_owned),
            kind: kind.map(str::to_owned),
            account: account.map(str::to_owned),
        }
    }

    #[test]
    fn services_and_edges_are_named_or_described() {
        let web = || who(Some("web"), None, None);
        let function = || who(Some("f"), Some("AWS::Lambda::Function"), Some("1"));
        for (text, selector) in [
            ("service()", Selector::Service(Who::default())),
            (" service ( \"web\" ) ", Selector::Service(web())),
            (
                r#"service(id(name: "f", type: "AWS::Lambda::Function", account.id: "1"))"#,
                Selector::Service(function()),
            ),
            (
                r#"edge("web",id(account.id:"1",type:"AWS::Lambda::Function",name:"f"))"#,
                Selector::Edge(web(), function()),
            ),
            (
                r#"service("a\"b\\")"#,
                Selector::Service(who(Some("a\"b\\"), None, None)),
            ),
        ] {
            assert_eq!(Selector::parse(text), Ok(selector), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, at, expected) in [
            ("", 1, "service or edge"),
            (" fault", 2, "service or edge"),
            ("service", 8, "an opening bracket"),
            ("service(web)", 9, "a name in double quotes, or id"),
            ("service(\"ä\" x", 13, "a closing bracket"),
            ("service(\"web", 13, "a double quote"),
            ("service(\"web\") {fault}", 16, "the end"),
            ("edge(\"a\")", 9, "a comma"),
            ("service(id(host: \"a\"))", 12, "name, type or account.id"),
        ] {
            let error = SelectorError { at, expected };
            assert_eq!(Selector::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"(service|edge|id|name|type|[(),:"\\ ]|\PC)*"#) {
            let _ = Selector::parse(&text);
        }
    }
}

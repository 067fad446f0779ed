//! An expression as text: in the one form of several that the parser reads back to the same expression.

use std::fmt::{Display, Formatter, Result, Write};

use super::ast::{Block, Expr, NumberTest, Simple, Test, TextTest, ValueTest, Who, Whole, Word};
use crate::arn::Named;

impl<T: Display> Display for Expr<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Or(any) => joined(f, any, " OR ", |it| matches!(it, Self::Or(_))),
            Self::And(all) => joined(f, all, " AND ", Self::is_joined),
            Self::Not(it) => {
                f.write_char('!')?;
                bracketed(f, it, it.is_joined())
            }
            Self::Is(condition) => condition.fmt(f),
        }
    }
}

impl<T> Expr<T> {
    const fn is_joined(&self) -> bool {
        matches!(self, Self::Or(_) | Self::And(_))
    }
}

fn joined<T: Display>(
    f: &mut Formatter<'_>,
    list: &[Expr<T>],
    by: &str,
    needs_brackets: impl Fn(&Expr<T>) -> bool,
) -> Result {
    for (at, it) in list.iter().enumerate() {
        f.write_str(if at == 0 { "" } else { by })?;
        bracketed(f, it, needs_brackets(it))?;
    }
    Ok(())
}

fn bracketed(f: &mut Formatter<'_>, it: &impl Display, needs_brackets: bool) -> Result {
    if needs_brackets {
        write!(f, "({it})")
    } else {
        it.fmt(f)
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Whole(it) => it.fmt(f),
            Self::Group { group, is } => {
                let field = match group {
                    Named::Name(_) => "name",
                    Named::Arn(_) => "arn",
                };
                let operator = if *is { "=" } else { "!=" };
                write!(f, "group.{field} {operator} {}", Quoted(group.text()))
            }
        }
    }
}

impl Display for Whole {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Simple(it) => it.fmt(f),
            Self::Service { who, block } => {
                write!(f, "service({who})")?;
                braces(f, block.as_ref())
            }
            Self::Edge { from, to, block } => {
                write!(f, "edge({from}, {to})")?;
                braces(f, block.as_ref())
            }
            Self::RootCause { kind, level, block } => {
                write!(f, "rootcause.{}.{}", kind.word(), level.word())?;
                braces(f, block.as_ref())
            }
            Self::RootCauseJson(patterns) => {
                f.write_str("rootcause.json = #[")?;
                for (at, pattern) in patterns.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "," })?;
                    pattern.fmt(f)?;
                }
                f.write_char(']')
            }
        }
    }
}

fn braces(f: &mut Formatter<'_>, block: Option<&Block>) -> Result {
    block.map_or(Ok(()), |block| write!(f, " {{ {block} }}"))
}

impl Display for Who {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let parts = [
            ("name", &self.name),
            ("type", &self.kind),
            ("account.id", &self.account),
        ];
        let said: Vec<_> = (parts.into_iter())
            .filter_map(|(part, text)| Some(format!("{part}: {}", Quoted(text.as_ref()?))))
            .collect();
        match self {
            Self {
                name: Some(name),
                kind: None,
                account: None,
            } => Quoted(name).fmt(f),
            _ if said.is_empty() => Ok(()),
            _ => write!(f, "id({})", said.join(", ")),
        }
    }
}

impl Display for Simple {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Flag(flag, true) => f.write_str(flag.word()),
            Self::Flag(flag, false) => write!(f, "{} = false", flag.word()),
            Self::Number(what, test) => tested(f, what.word(), test.as_ref()),
            Self::Text(what, test) => tested(f, what.word(), test.as_ref()),
            Self::Annotation(key, test) => tested(f, &annotation(key), test.as_ref()),
        }
    }
}

fn tested(f: &mut Formatter<'_>, what: &str, test: Option<&impl Display>) -> Result {
    f.write_str(what)?;
    test.map_or(Ok(()), |test| write!(f, " {test}"))
}

fn annotation(key: &str) -> String {
    let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    if key.chars().all(is_word) {
        format!("annotation.{key}")
    } else if key.chars().all(|it| is_word(it) || matches!(it, ':' | '.')) {
        format!("annotation[{key}]")
    } else {
        format!("annotation[{}]", Quoted(key))
    }
}

impl Display for NumberTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.comparison.word(), self.value)
    }
}

impl Display for TextTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.matching.word(), Quoted(&self.value))
    }
}

impl Display for ValueTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Flag(wanted) => write!(f, "= {wanted}"),
            Self::Number(test) => test.fmt(f),
            Self::Text(test) => test.fmt(f),
        }
    }
}

/// A text in double quotes.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)?;
        }
        f.write_char('"')
    }
}

//! Tokens into an expression, by recursive descent: OR of ANDs of what can be negated.
//!
//! ```text
//! expression = all { OR all }
//! all        = negated { [ AND ] negated }
//! negated    = ( ! | NOT ) negated | "(" expression ")" | condition
//! ```

use serde_json::Value;

use super::ast::{
    Block, Expr, Filter, Flag, Kind, Level, Number, NumberTest, Scope, Simple, Test, Text,
    TextTest, ValueTest, Who, Whole, Word,
};
use super::error::FilterError;
use super::lexer::{Lexeme, Lexer, Operator, Token};
use crate::arn::Named;
use crate::limits;

const CONDITION: &str = "a keyword (ok, error, fault, throttle, partial, inferred, remote, root, responsetime, duration, http.status, http.url, http.method, http.useragent, http.clientip, user, name, type, account.id, availabilityzone, instance.id, resource.arn), annotation.KEY, service(…), edge(…), rootcause.…, group.name, ! or (";
const OF_SEGMENT: &str = "a keyword (ok, error, fault, throttle, partial, inferred, remote, root, responsetime, duration, http.status, http.url, http.method, http.useragent, http.clientip, user, name, type, account.id, availabilityzone, instance.id, resource.arn), annotation.KEY, ! or (";
const OF_ROOT_CAUSE: &str = "a keyword (name, type, account.id, message, inferred, remote, first, last, index, coverage), ! or (";
const IN_ROOT_CAUSE: &str =
    "in the braces after rootcause.fault, rootcause.error or rootcause.responsetime";
const NOT_IN_ROOT_CAUSE: &str = "outside of the braces after rootcause";
const NOT_IN_BRACES: &str = "outside of braces";
const CLOSED: &str = "AND, OR, another condition, or )";
const CLOSED_BLOCK: &str = "AND, OR, another condition, or }";
const MORE: &str = "AND, OR, another condition, or the end";

impl Filter {
    /// Reads an expression.
    pub(crate) fn parse(text: &str) -> Result<Self, FilterError> {
        if text.chars().nth(limits::FILTER_EXPRESSION_CHARS).is_some() {
            return Err(FilterError::TooLong);
        }
        let mut lexer = Lexer::new(text);
        let next = lexer.next()?;
        let mut parser = Parser {
            lexer,
            next,
            depth: 0,
        };
        let filter = parser.expression(Parser::test)?;
        match parser.next.token {
            Token::End => Ok(filter),
            _ => Err(parser.next.unexpected(MORE)),
        }
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Lexeme<'a>,
    /// Levels of `(` and `!` that are open.
    depth: usize,
}

/// Reads one condition.
type Condition<'a, T> = fn(&mut Parser<'a>) -> Result<T, FilterError>;

impl<'a> Parser<'a> {
    fn expression<T>(&mut self, condition: Condition<'a, T>) -> Result<Expr<T>, FilterError> {
        let mut any = vec![self.all(condition)?];
        while self.next.token == Token::Or {
            self.advance()?;
            any.push(self.all(condition)?);
        }
        Ok(one_or(any, Expr::Or))
    }

    fn all<T>(&mut self, condition: Condition<'a, T>) -> Result<Expr<T>, FilterError> {
        let mut all = vec![self.negated(condition)?];
        loop {
            match self.next.token {
                Token::And => {
                    self.advance()?;
                }
                Token::Word | Token::Not | Token::Sign('(') => {}
                _ => return Ok(one_or(all, Expr::And)),
            }
            all.push(self.negated(condition)?);
        }
    }

    fn negated<T>(&mut self, condition: Condition<'a, T>) -> Result<Expr<T>, FilterError> {
        match self.next.token {
            Token::Not => {
                let not = self.deeper(|parser| parser.negated(condition))?;
                Ok(Expr::Not(Box::new(not)))
            }
            Token::Sign('(') => {
                let inside = self.deeper(|parser| parser.expression(condition))?;
                self.sign(')', CLOSED)?;
                Ok(inside)
            }
            _ => condition(self).map(Expr::Is),
        }
    }

    fn deeper<T>(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        if self.depth >= limits::FILTER_DEPTH {
            return Err(FilterError::TooDeep { at: self.next.at });
        }
        self.depth += 1;
        self.advance()?;
        let read = inside(self);
        self.depth -= 1;
        read
    }

    fn advance(&mut self) -> Result<Lexeme<'a>, FilterError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn sign(&mut self, sign: char, expected: &'static str) -> Result<(), FilterError> {
        if self.next.token != Token::Sign(sign) {
            return Err(self.next.unexpected(expected));
        }
        self.advance().map(drop)
    }

    fn keyword(&mut self, expected: &'static str) -> Result<Lexeme<'a>, FilterError> {
        match self.next.token {
            Token::Word => self.advance(),
            _ => Err(self.next.unexpected(expected)),
        }
    }

    fn test(&mut self) -> Result<Test, FilterError> {
        let word = self.keyword(CONDITION)?;
        match word.text.to_ascii_lowercase().as_str() {
            "group.name" => self.group(Named::Name),
            "group.arn" => self.group(Named::Arn),
            "service" => self.service().map(Test::Whole),
            "edge" => self.edge().map(Test::Whole),
            "rootcause.json" => self.json().map(Test::Whole),
            lower => match root_cause(lower) {
                Some((kind, level)) => self.root_cause(kind, level).map(Test::Whole),
                None => self
                    .simple(&word, Scope::Trace, CONDITION)
                    .map(|it| Test::Whole(Whole::Simple(it))),
            },
        }
    }

    fn of_segment(&mut self) -> Result<Simple, FilterError> {
        let word = self.keyword(OF_SEGMENT)?;
        self.simple(&word, Scope::Segment, OF_SEGMENT)
    }

    fn of_root_cause(&mut self) -> Result<Simple, FilterError> {
        let word = self.keyword(OF_ROOT_CAUSE)?;
        self.simple(&word, Scope::RootCause, OF_ROOT_CAUSE)
    }

    fn block(&mut self, condition: Condition<'a, Simple>) -> Result<Option<Block>, FilterError> {
        if self.next.token != Token::Sign('{') {
            return Ok(None);
        }
        self.advance()?;
        let block = self.expression(condition)?;
        self.sign('}', CLOSED_BLOCK)?;
        Ok(Some(block))
    }

    fn service(&mut self) -> Result<Whole, FilterError> {
        self.sign('(', "(")?;
        let who = match self.next.token {
            Token::Sign(')') => Who::default(),
            _ => self.who("a name in double quotes, id(…) or )")?,
        };
        self.sign(')', ")")?;
        let block = self.block(Self::of_segment)?;
        Ok(Whole::Service { who, block })
    }

    fn edge(&mut self) -> Result<Whole, FilterError> {
        self.sign('(', "(")?;
        let from = self.who("the caller's name in double quotes, or id(…)")?;
        self.sign(',', ", and who is called")?;
        let to = self.who("the name of who is called in double quotes, or id(…)")?;
        self.sign(')', ")")?;
        let block = self.block(Self::of_segment)?;
        Ok(Whole::Edge { from, to, block })
    }

    fn root_cause(&mut self, kind: Kind, level: Level) -> Result<Whole, FilterError> {
        let block = self.block(Self::of_root_cause)?;
        Ok(Whole::RootCause { kind, level, block })
    }

    fn json(&mut self) -> Result<Whole, FilterError> {
        self.equals("=")?;
        let value = self.advance()?;
        match value.token {
            Token::Json(Value::Array(patterns)) => Ok(Whole::RootCauseJson(patterns)),
            _ => Err(value.unexpected("#[…], a JSON array of root causes after a #")),
        }
    }

    fn equals(&mut self, expected: &'static str) -> Result<(), FilterError> {
        let operator = self.advance()?;
        match operator.token {
            Token::Operator(_) if operator.text == "=" => Ok(()),
            _ => Err(operator.unexpected(expected)),
        }
    }

    fn group(&mut self, named: fn(String) -> Named) -> Result<Test, FilterError> {
        let operator = self.advance()?;
        let is = match operator.text {
            "=" => true,
            "!=" => false,
            _ => return Err(operator.unexpected("= or != and the group in double quotes")),
        };
        let group = named(self.text("a text in double quotes")?);
        Ok(Test::Group { group, is })
    }

    fn who(&mut self, expected: &'static str) -> Result<Who, FilterError> {
        let first = self.advance()?;
        match first.token {
            Token::Text(name) => Ok(Who {
                name: Some(name),
                ..Who::default()
            }),
            Token::Word if first.text.eq_ignore_ascii_case("id") => self.id(),
            _ => Err(first.unexpected(expected)),
        }
    }

    fn id(&mut self) -> Result<Who, FilterError> {
        self.sign('(', "(")?;
        let mut who = Who::default();
        loop {
            let part = self.advance()?;
            let place = match part.text.to_ascii_lowercase().as_str() {
                "name" => &mut who.name,
                "type" => &mut who.kind,
                "account.id" => &mut who.account,
                _ => return Err(part.unexpected("name:, type: or account.id:")),
            };
            if place.is_some() {
                return Err(part.unexpected("each of name:, type: and account.id: once"));
            }
            self.sign(':', ": and a text in double quotes")?;
            *place = Some(self.text("a text in double quotes")?);
            if self.next.token != Token::Sign(',') {
                self.sign(')', ", or )")?;
                return Ok(who);
            }
            self.advance()?;
        }
    }

    fn simple(
        &mut self,
        word: &Lexeme<'a>,
        scope: Scope,
        expected: &'static str,
    ) -> Result<Simple, FilterError> {
        let simple = if let Some(key) = self.annotation(word)? {
            Simple::Annotation(key, self.value_test()?)
        } else if let Some(flag) = Flag::read(word.text) {
            Simple::Flag(flag, self.flag_test()?)
        } else if let Some(number) = Number::read(word.text) {
            Simple::Number(number, self.number_test()?)
        } else if let Some(text) = Text::read(word.text) {
            Simple::Text(text, self.text_test()?)
        } else {
            return Err(unknown(word, scope, expected));
        };
        if simple.stands_in(scope) {
            return Ok(simple);
        }
        Err(FilterError::Misplaced {
            at: word.at,
            found: word.found(),
            place: match scope {
                Scope::RootCause => NOT_IN_ROOT_CAUSE,
                Scope::Trace | Scope::Segment => IN_ROOT_CAUSE,
            },
        })
    }

    /// The key in `annotation.KEY` or `annotation[KEY]`.
    fn annotation(&mut self, word: &Lexeme<'a>) -> Result<Option<String>, FilterError> {
        let name = "annotation";
        let Some((start, key)) = word.text.split_at_checked(name.len()) else {
            return Ok(None);
        };
        if !start.eq_ignore_ascii_case(name) {
            return Ok(None);
        }
        match (key.strip_prefix('.'), &self.next.token) {
            (Some(key), _) if !key.is_empty() => Ok(Some(key.to_owned())),
            (None, Token::Key(bracketed)) if key.is_empty() => {
                let key = bracketed.clone();
                self.advance()?;
                Ok(Some(key))
            }
            _ if key.is_empty() => Err(self.next.unexpected("[KEY], or .KEY without a space")),
            _ => Err(word.unexpected("annotation.KEY or annotation[KEY]")),
        }
    }

    fn operator(&mut self) -> Result<Option<(Lexeme<'a>, Operator)>, FilterError> {
        match self.next.token {
            Token::Operator(operator) => Ok(Some((self.advance()?, operator))),
            _ => Ok(None),
        }
    }

    fn flag_test(&mut self) -> Result<bool, FilterError> {
        let Some((operator, _)) = self.operator()? else {
            return Ok(true);
        };
        let is = match operator.text {
            "=" => true,
            "!=" => false,
            _ => {
                return Err(
                    operator.unexpected("= or !=, because before it stands what is true or false")
                );
            }
        };
        let value = self.advance()?;
        let wanted = truth(&value).ok_or_else(|| value.unexpected("true or false"))?;
        Ok(wanted == is)
    }

    fn number_test(&mut self) -> Result<Option<NumberTest>, FilterError> {
        let Some((lexeme, operator)) = self.operator()? else {
            return Ok(None);
        };
        let comparison = operator.comparison.ok_or_else(|| {
            lexeme.unexpected("=, !=, <, <=, > or >=, because before it stands a number")
        })?;
        let value = self.advance()?;
        let value = number(&value).ok_or_else(|| value.unexpected("a number"))?;
        Ok(Some(NumberTest { comparison, value }))
    }

    fn text_test(&mut self) -> Result<Option<TextTest>, FilterError> {
        let Some((lexeme, operator)) = self.operator()? else {
            return Ok(None);
        };
        let matching = operator.matching.ok_or_else(|| {
            lexeme.unexpected(
                "=, !=, CONTAINS, BEGINSWITH or ENDSWITH, because before it stands a text",
            )
        })?;
        let value = self.text("a text in double quotes")?;
        Ok(Some(TextTest { matching, value }))
    }

    fn text(&mut self, expected: &'static str) -> Result<String, FilterError> {
        value_text(self.advance()?, expected)
    }

    /// The value says what type the annotation has.
    fn value_test(&mut self) -> Result<Option<ValueTest>, FilterError> {
        let Some((lexeme, operator)) = self.operator()? else {
            return Ok(None);
        };
        let value = self.advance()?;
        let test = match (operator.comparison, operator.matching) {
            (Some(comparison), matching) => match (number(&value), truth(&value), matching) {
                (Some(value), _, _) => ValueTest::Number(NumberTest { comparison, value }),
                (None, Some(wanted), Some(_)) => ValueTest::Flag(wanted == (lexeme.text == "=")),
                (None, None, Some(matching)) => ValueTest::Text(TextTest {
                    matching,
                    value: value_text(value, "a text in double quotes, a number, true or false")?,
                }),
                (None, _, None) => return Err(value.unexpected("a number")),
            },
            (None, Some(matching)) => ValueTest::Text(TextTest {
                matching,
                value: value_text(value, "a text in double quotes")?,
            }),
            (None, None) => return Err(lexeme.unexpected("an operator")),
        };
        Ok(Some(test))
    }
}

fn one_or<T>(mut members: Vec<Expr<T>>, join: fn(Vec<Expr<T>>) -> Expr<T>) -> Expr<T> {
    match members.pop() {
        Some(only) if members.is_empty() => only,
        popped => {
            members.extend(popped);
            join(members)
        }
    }
}

fn root_cause(lower: &str) -> Option<(Kind, Level)> {
    let (kind, level) = lower.strip_prefix("rootcause.")?.split_once('.')?;
    Some((Kind::read(kind)?, Level::read(level)?))
}

/// Conditions that are known, but not here, are told as such.
fn unknown(word: &Lexeme<'_>, scope: Scope, expected: &'static str) -> FilterError {
    let lower = word.text.to_ascii_lowercase();
    let is_outer = matches!(
        lower.as_str(),
        "service" | "edge" | "group.name" | "group.arn"
    ) || lower.starts_with("rootcause.");
    if is_outer && scope != Scope::Trace {
        return FilterError::Misplaced {
            at: word.at,
            found: word.found(),
            place: NOT_IN_BRACES,
        };
    }
    if lower.starts_with("rootcause") {
        return word.unexpected(
            "rootcause.json, or rootcause. with fault, error or responsetime and .service, .entity or .exception",
        );
    }
    word.unexpected(expected)
}

/// A text, also one without quotes.
fn value_text(value: Lexeme<'_>, expected: &'static str) -> Result<String, FilterError> {
    match value.token {
        Token::Text(text) => Ok(text),
        Token::Word => Ok(value.text.to_owned()),
        _ => Err(value.unexpected(expected)),
    }
}

/// Only digits begin a number: `inf` and `nan` are names.
fn number(value: &Lexeme<'_>) -> Option<f64> {
    let digits = value.text.trim_start_matches(['-', '+', '.']);
    let is_number =
        value.token == Token::Word && digits.starts_with(|it: char| it.is_ascii_digit());
    let number = value.text.parse().ok().filter(|_| is_number);
    number.filter(|it: &f64| it.is_finite())
}

fn truth(value: &Lexeme<'_>) -> Option<bool> {
    let is = |word: &str| value.token == Token::Word && value.text.eq_ignore_ascii_case(word);
    match (is("true"), is("false")) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

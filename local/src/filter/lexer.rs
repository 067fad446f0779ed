//! Text into words, texts, signs and operators, one at a time, so that the first thing that is wrong is what is told.

use serde_json::Value;

use super::ast::{Comparison, Matching, Word};
use super::error::FilterError;

/// Characters of a text that an error repeats.
const REPEATED: usize = 40;

/// What the parser sees.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword, a number, or a value without quotes.
    Word,
    /// A text in quotes, without them.
    Text(String),
    /// The key in `annotation[KEY]`.
    Key(String),
    /// What follows `#`.
    Json(Value),
    Operator(Operator),
    Sign(char),
    And,
    Or,
    Not,
    End,
}

/// An operator may be one for numbers, one for texts, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) comparison: Option<Comparison>,
    pub(super) matching: Option<Matching>,
}

impl Operator {
    fn read(text: &str) -> Option<Self> {
        let (comparison, matching) = (Comparison::read(text), Matching::read(text));
        (comparison.is_some() || matching.is_some()).then_some(Self {
            comparison,
            matching,
        })
    }
}

/// A token with the text it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lexeme<'a> {
    /// Where it begins, in characters from 1.
    pub(super) at: usize,
    pub(super) text: &'a str,
    pub(super) token: Token,
}

impl Lexeme<'_> {
    /// The error that something else may stand here.
    pub(super) fn unexpected(&self, expected: &'static str) -> FilterError {
        FilterError::Unexpected {
            at: self.at,
            found: self.found(),
            expected,
        }
    }

    /// As errors repeat it.
    pub(super) fn found(&self) -> String {
        if self.token == Token::End {
            return "the end".to_owned();
        }
        match self.text.char_indices().nth(REPEATED) {
            Some((end, _)) => format!("{}…", self.text.get(..end).unwrap_or_default()),
            None => self.text.to_owned(),
        }
    }
}

/// The text, and what of it has not been read.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    rest: &'a str,
    /// Characters that have been read.
    read: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            read: 0,
        }
    }

    /// The next token; at the end, the end again and again.
    pub(super) fn next(&mut self) -> Result<Lexeme<'a>, FilterError> {
        let blank = self.rest.len() - self.rest.trim_start().len();
        self.take(blank);
        let (before, at) = (self.rest, self.read + 1);
        let token = self.token(at)?;
        let text = before.get(..before.len() - self.rest.len());
        let text = text.unwrap_or_default();
        Ok(Lexeme { at, text, token })
    }

    fn token(&mut self, at: usize) -> Result<Token, FilterError> {
        match self.rest.chars().next() {
            None => Ok(Token::End),
            Some('"') => self.string().ok_or(FilterError::OpenText { at }),
            Some('[') => self.key().ok_or(FilterError::OpenKey { at }),
            Some('#') => self.json(at),
            Some(first) if is_of_word(first) => Ok(self.word()),
            Some(first) => self.sign(first, at),
        }
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.read += taken.chars().count();
        self.rest = rest;
        taken
    }

    fn word(&mut self) -> Token {
        let end = self.rest.find(|it| !is_of_word(it));
        let word = self.take(end.unwrap_or(self.rest.len()));
        match (Operator::read(word), word.to_ascii_lowercase().as_str()) {
            (Some(operator), _) => Token::Operator(operator),
            (None, "and") => Token::And,
            (None, "or") => Token::Or,
            (None, "not") => Token::Not,
            (None, _) => Token::Word,
        }
    }

    fn sign(&mut self, first: char, at: usize) -> Result<Token, FilterError> {
        let operators = [2, 1].into_iter().filter_map(|bytes| {
            let text = self.rest.get(..bytes)?;
            Some((bytes, Operator::read(text)?))
        });
        if let Some((bytes, operator)) = operators.into_iter().next() {
            self.take(bytes);
            return Ok(Token::Operator(operator));
        }
        let text = self.take(first.len_utf8());
        match first {
            '!' => Ok(Token::Not),
            '(' | ')' | '{' | '}' | ',' | ':' => Ok(Token::Sign(first)),
            _ => Err(FilterError::Unexpected {
                at,
                found: text.to_owned(),
                expected: "words, numbers, texts in double quotes, operators and brackets",
            }),
        }
    }

    /// A text in double quotes; a backslash takes the next character as it is.
    fn string(&mut self) -> Option<Token> {
        self.quoted().map(Token::Text)
    }

    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.take(at + 1);
                    return Some(text);
                }
                '\\' => text.push(characters.next()?.1),
                _ => text.push(character),
            }
        }
        None
    }

    /// A key up to the closing bracket, or a text in quotes before it.
    fn key(&mut self) -> Option<Token> {
        self.take(1);
        let is_quoted = self.rest.starts_with('"');
        let quoted = if is_quoted {
            Some(self.quoted()?)
        } else {
            None
        };
        let end = self.rest.find(']')?;
        let plain = self.take(end);
        self.take(1);
        match quoted {
            Some(key) => plain.trim().is_empty().then_some(key),
            None => Some(plain.trim().to_owned()),
        }
        .filter(|key| !key.is_empty())
        .map(Token::Key)
    }

    fn json(&mut self, at: usize) -> Result<Token, FilterError> {
        self.take(1);
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter();
        match values.next() {
            Some(Ok(value)) => {
                let end = values.byte_offset();
                self.take(end);
                Ok(Token::Json(value))
            }
            Some(Err(error)) => Err(FilterError::Json {
                at,
                reason: error.to_string(),
            }),
            None => Err(FilterError::Json {
                at,
                reason: "nothing follows".to_owned(),
            }),
        }
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '-' | '+')
}

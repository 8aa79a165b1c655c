//! Splits the lines of expectations into words and JSON values.

use super::json::Json;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Value(Json),
}

pub(super) fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if rest.starts_with(['"', '{', '[']) {
            // `[0].a` is a word: the path of a rejection.
            match Json::parse_prefix(rest) {
                Ok((value, after)) if after.is_empty() || after.starts_with(' ') => {
                    tokens.push(Token::Value(value));
                    rest = after.trim_start();
                    continue;
                }
                Err(error) if rest.starts_with('"') || rest.starts_with('{') => return Err(error),
                _ => {}
            }
        }
        let (word, after) = rest.split_at(word_end(rest));
        tokens.push(Token::Word(word.to_owned()));
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Returns where a word ends: at a space outside of quotes, so that `event_data["a b"]` is one word.
fn word_end(text: &str) -> usize {
    let mut quoted = false;
    let end = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ' ' && !quoted
    });
    end.map_or(text.len(), |(at, _)| at)
}

pub(super) fn word(tokens: &[Token], index: usize) -> Result<&str, String> {
    match tokens.get(index) {
        Some(Token::Word(word)) => Ok(word),
        other => Err(format!("a word is expected, got {other:?}")),
    }
}

pub(super) fn value(tokens: &[Token], index: usize) -> Result<&Json, String> {
    match tokens.get(index) {
        Some(Token::Value(value)) => Ok(value),
        other => Err(format!("a JSON value is expected, got {other:?}")),
    }
}

pub(super) fn text(tokens: &[Token], index: usize) -> Result<&str, String> {
    let value = value(tokens, index)?;
    value.text().ok_or("a string is expected".into())
}

/// Returns the string at `index`, if there is one.
pub(super) fn optional_text(tokens: &[Token], index: usize) -> Result<Option<&str>, String> {
    tokens.get(index).map(|_| text(tokens, index)).transpose()
}

/// Returns the strings from `start` on.
pub(super) fn texts(tokens: &[Token], start: usize) -> Result<Vec<&str>, String> {
    (start..tokens.len())
        .map(|index| text(tokens, index))
        .collect()
}

/// Checks that `actual` contains every word, in any case.
pub(super) fn contains_words(actual: &str, words: &[Token]) -> Result<(), String> {
    let actual = actual.to_lowercase();
    for word in words {
        let word = match word {
            Token::Word(word) | Token::Value(Json::Text(word)) => word,
            Token::Value(other) => return Err(format!("not a word: {other}")),
        };
        if !actual.contains(&word.to_lowercase()) {
            return Err(format!("`{word}` is not in: {actual}"));
        }
    }
    Ok(())
}

pub(super) mod tests {
    use super::{Json, Token, tokens};

    pub(crate) fn lines_are_words_and_values() {
        let line = r#"failed x "a b" {"c": [1]} event_data["a b"].c [0].a"#;
        let expected = [
            Token::Word("failed".into()),
            Token::Word("x".into()),
            Token::Value(Json::Text("a b".into())),
            Token::Value(Json::parse(r#"{"c":[1]}"#).unwrap()),
            Token::Word(r#"event_data["a b"].c"#.into()),
            Token::Word("[0].a".into()),
        ];
        assert_eq!(tokens(line).unwrap(), expected);
        assert!(tokens(r#"sms "never closed"#).is_err());
    }
}

//! Reads `application/x-www-form-urlencoded` text: query strings and the token endpoint's body.

/// The pairs in the order they came; `None` when the text is not well formed: a stray `%`, or
/// bytes that are no UTF-8.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? * 16 + hex(bytes.next()?)?,
            _ => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_decodes_names_and_values() {
        let pairs = pairs("a=1&b+c=%C3%A9%26%3d&d&e=f=g").unwrap();
        let expected = [("a", "1"), ("b c", "é&="), ("d", ""), ("e", "f=g")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(super::pairs(""), Some(vec![]));
    }

    #[test]
    fn form_rejects_broken_escapes() {
        for text in ["a=%", "a=%4", "a=%zz", "a=%FF", "%=1", "a=%+1"] {
            assert_eq!(pairs(text), None, "{text}");
        }
    }
}

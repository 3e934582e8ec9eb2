//! Validation of email addresses.

/// Checks whether text has the form of an email address.
///
/// # Errors
/// Returns a sentence that says what is wrong with the text.
pub(crate) fn check_address(text: &str) -> Result<(), String> {
    if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
        return Err(format!(
            "It contains an invisible character, U+{:04X}. Remove it, or type the email address again.",
            u32::from(c)
        ));
    }
    if text.chars().any(char::is_whitespace) {
        return Err("It contains a space. It must look like ada@example.com.".to_owned());
    }
    let form = || "It must look like ada@example.com.".to_owned();
    let (local, domain) = text.split_once('@').ok_or_else(form)?;
    let domain_is_good = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    if local.is_empty() || domain.contains('@') || !domain_is_good {
        return Err(form());
    }
    if let Some(c) = text.chars().find(|c| "<>,;:\"()[]\\".contains(*c)) {
        return Err(format!(
            "It contains the character {c}. Set only the email address, such as ada@example.com."
        ));
    }
    if text.len() > 254 {
        return Err("It is longer than 254 bytes.".to_owned());
    }
    Ok(())
}

/// Reports whether text has the form of an email address.
pub(crate) fn looks_like_email(text: &str) -> bool {
    check_address(text).is_ok()
}

/// Reports whether a character is invisible, so that a user would not find it in an address.
///
/// These are control characters, spaces other than U+0020, and the format characters that text
/// copied from documents and web pages contains.
///
/// Source: Unicode 16, general categories Cc, Cf and Zs, and `Default_Ignorable_Code_Point`.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses_differ_from_other_text() {
        for good in ["ada@example.com", "a.b+c@x.y.org", "ü@exämple.de", "o'brien@example.com"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "a b@x.org",
            "a@b@x.org",
            "a@.org",
            "a@x.",
            "Ada <ada@x.org>",
            "mailto:ada@x.org",
            "ada@x.org;",
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn invisible_character_is_named_by_code_point() {
        for (text, code) in [
            ("ada@exa\u{200b}mple.com", "U+200B"),
            ("\u{feff}ada@example.com", "U+FEFF"),
            ("ada\u{a0}@example.com", "U+00A0"),
            ("ada@example.com\n", "U+000A"),
            ("ada\u{ad}@example.com", "U+00AD"),
            ("ada@example.com\u{202e}", "U+202E"),
            ("ada@example.com\u{e0020}", "U+E0020"),
        ] {
            let why = check_address(text).unwrap_err();
            assert!(why.contains(code), "{text:?}: {why}");
        }
    }
}

//! Cuts a listing into its items while it arrives, so that it is never in memory as a whole.
//!
//! The organization may have a hundred thousand users, and each becomes a record as soon as its
//! last byte is there. What is around the items (the *envelope*) is kept as it came, with an empty
//! list in their place: `{"items":[],"total":3}`.
//!
//! This only finds where an item begins and ends. Whether it is JSON, and the right one, is left to
//! serde, which reads every item and the envelope.

use serde::de::DeserializeOwned;

use super::answer;
use super::http::Intake;

/// The member of the document that holds the items.
const MEMBER: &[u8] = b"items";

/// An item, or the document, that cannot be read: where, and why.
pub(super) type Wrong = (String, String);

/// Takes a document in pieces of any size.
pub(super) struct Items<T> {
    /// What has been read, and the rest of the document.
    found: Vec<T>,
    envelope: Vec<u8>,
    /// The first item that could not be read. What comes after it is not looked at.
    wrong: Option<Wrong>,
    /// The bytes of the item that is being received.
    item: Vec<u8>,
    /// How many items there were, before this one.
    count: usize,
    /// How many brackets are open.
    depth: usize,
    /// How many were open where the items are, while we are among them.
    among_items: Option<usize>,
    /// Whether another item has to follow.
    after_comma: bool,
    /// Whether the document is nothing but a list.
    bare: bool,
    text: Text,
    /// The last text outside of the items, as far as it matters.
    last: Vec<u8>,
    /// Whether the value that comes is that of [`MEMBER`].
    is_member: bool,
}

/// Where we are with respect to quotation marks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    /// After a backslash.
    Escaped,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            envelope: Vec::new(),
            wrong: None,
            item: Vec::new(),
            count: 0,
            depth: 0,
            among_items: None,
            after_comma: false,
            bare: false,
            text: Text::Outside,
            last: Vec::new(),
            is_member: false,
        }
    }
}

impl<T: DeserializeOwned> Items<T> {
    /// The items, and the document without them.
    ///
    /// # Errors
    /// The first item that does not fit.
    pub(super) fn finish(mut self) -> Result<(Vec<T>, Vec<u8>), Wrong> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        // Of a document that was cut short, the envelope tells that it was.
        self.envelope.append(&mut self.item);
        Ok((self.found, self.envelope))
    }

    fn byte(&mut self, byte: u8) {
        if self.text != Text::Outside {
            return self.in_text(byte);
        }
        match byte {
            b'"' => self.text = Text::Inside,
            b'{' | b'[' => return self.open(byte),
            b'}' | b']' => {
                if self.among_items == Some(self.depth) {
                    self.end_of_items();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            b',' if self.among_items == Some(self.depth) => {
                self.after_comma = true;
                return self.end_of_item();
            }
            b':' if self.depth == 1 => {
                self.is_member = self.last == MEMBER;
                return self.keep(byte);
            }
            _ if byte.is_ascii_whitespace() => {
                // Between two items it means nothing.
                return if self.item.is_empty() && self.among_items.is_some() {
                } else {
                    self.keep(byte);
                };
            }
            _ => {}
        }
        if byte == b'"' && self.among_items.is_none() {
            self.last.clear();
        }
        self.is_member = false;
        self.keep(byte);
    }

    fn in_text(&mut self, byte: u8) {
        self.text = match (self.text, byte) {
            (Text::Inside, b'\\') => Text::Escaped,
            (Text::Inside, b'"') => Text::Outside,
            _ => Text::Inside,
        };
        // One byte more than the name has is enough to tell that it is another.
        if self.among_items.is_none()
            && self.text == Text::Inside
            && self.last.len() <= MEMBER.len()
        {
            self.last.push(byte);
        }
        self.keep(byte);
    }

    fn open(&mut self, byte: u8) {
        self.bare |= byte == b'[' && self.depth == 0 && self.among_items.is_none();
        let starts = byte == b'[' && (self.depth == 0 || self.depth == 1 && self.is_member);
        self.is_member = false;
        self.depth += 1;
        self.keep(byte);
        if starts && self.among_items.is_none() {
            self.among_items = Some(self.depth);
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.among_items.is_some() { &mut self.item } else { &mut self.envelope }.push(byte);
    }

    fn end_of_items(&mut self) {
        if !self.item.is_empty() || self.after_comma {
            self.end_of_item();
        }
        self.among_items = None;
        self.after_comma = false;
    }

    fn end_of_item(&mut self) {
        match answer::parse(&self.item) {
            Ok(item) => self.found.push(item),
            Err((path, why)) if self.wrong.is_none() => {
                let place = if self.bare { "" } else { "items" };
                let inside = match path.as_str() {
                    "." => String::new(),
                    path if path.starts_with('[') => path.to_owned(),
                    path => format!(".{path}"),
                };
                self.wrong = Some((format!("{place}[{}]{inside}", self.count), why));
            }
            Err(_) => {}
        }
        self.count += 1;
        self.item.clear();
    }
}

impl<T: DeserializeOwned + Send> Intake for Items<T> {
    fn begin(&mut self) {
        *self = Self::default();
    }

    fn take(&mut self, chunk: &[u8]) {
        for byte in chunk {
            if self.wrong.is_some() {
                return;
            }
            self.byte(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What comes of a document, in pieces of `size` bytes.
    fn cut(document: &str, size: usize) -> Result<(Vec<Value>, Value), Wrong> {
        let mut items = Items::default();
        items.begin();
        document.as_bytes().chunks(size).for_each(|chunk| items.take(chunk));
        let (found, envelope) = items.finish()?;
        Ok((found, serde_json::from_slice(&envelope).unwrap_or_default()))
    }

    #[test]
    fn a_document_comes_apart_the_same_way_in_pieces_of_any_size() {
        let items = json!([{"a": "]},{[\"\\", "b": [1, {"items": [2]}]}, 3, "x,y", [], null]);
        for space in ["", " \n"] {
            let document = format!("{{\"next\":\"items\",\"items\":{space}[{space}");
            let listed: Vec<_> =
                items.as_array().unwrap().iter().map(|item| format!("{item}{space}")).collect();
            let document =
                format!("{document}{}],\"total\":[5,{{\"items\":[6]}}]}}", listed.join(","));
            for size in 1..document.len() {
                let (found, envelope) = cut(&document, size).unwrap();
                assert_eq!(Value::from(found), items, "{document} by {size}");
                let rest = json!({"next": "items", "items": [], "total": [5, {"items": [6]}]});
                assert_eq!(envelope, rest, "{document} by {size}");
            }
        }
    }

    #[test]
    fn a_bare_list_and_what_has_no_items_are_told_apart() {
        assert_eq!(cut("[1,[2]]", 1).unwrap(), (vec![json!(1), json!([2])], json!([])));
        assert_eq!(cut("[]", 1).unwrap(), (vec![], json!([])));
        for document in [r#"{"name":"items","x":{"items":[1]}}"#, r#"{"items":{"a":[1]}}"#, "7"] {
            let whole: Value = serde_json::from_str(document).unwrap();
            assert_eq!(cut(document, 2).unwrap(), (vec![], whole));
        }
    }

    #[test]
    fn an_item_that_does_not_fit_is_named_by_its_place() {
        let mut items = Items::<Vec<String>>::default();
        items.take(br#"{"items":[["a"],["b",7]]}"#);
        assert_eq!(items.finish().unwrap_err().0, "items[1][1]");
        for broken in [r#"{"items":[1,]}"#, r#"{"items":[1,,2]}"#, r#"{"items":[1,{"a":2]]}"#] {
            assert!(cut(broken, 3).unwrap_err().0.starts_with("items[1]"), "{broken}");
        }
    }

    #[test]
    fn a_document_that_is_cut_short_is_not_whole() {
        let document = r#"{"items":[{"a":"b"},{"c":"d"}],"total":2}"#;
        for end in 1..document.len() {
            let beginning = document.get(..end).unwrap();
            let Ok((_, envelope)) = cut(beginning, 5) else { continue };
            assert_eq!(envelope, Value::Null, "{beginning}");
        }
    }

    #[test]
    fn an_answer_that_begins_again_leaves_nothing_of_the_first() {
        let mut items = Items::<u32>::default();
        items.take(br#"{"items":[1,2,3"#);
        items.begin();
        items.take(br#"{"items":[4]}"#);
        assert_eq!(items.finish().unwrap(), (vec![4], br#"{"items":[]}"#.to_vec()));
    }
}

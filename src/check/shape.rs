//! The shape of JSON documents: names, types, and formats, without the values.

use std::collections::BTreeMap;

use serde_json::Value;

use super::contract::{Field, Holds, Kind, is_documented_code, is_documented_message};
use super::format::Format;
use super::names::Private;

/// The depth below which a document is not examined.
const MAX_DEPTH: usize = 12;

/// The number of undocumented names next to documented ones above which all are treated as keys of
/// a map.
const MAX_UNDOCUMENTED: usize = 15;

/// The shape of all values at one place.
#[derive(Debug, Default)]
pub(super) struct Shape {
    kinds: BTreeMap<Kind, usize>,
    /// The formats of texts, and how often each occurred.
    formats: BTreeMap<Format, usize>,
    /// The API's own codes and messages at this place.
    codes: BTreeMap<String, usize>,
    /// The smallest and the largest number of items of a list.
    lengths: Option<(usize, usize)>,
    items: Option<Box<Shape>>,
    fields: BTreeMap<String, Shape>,
}

/// The documented places of a response.
type Fields = &'static [Field];

/// A part of a response that this version does not know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Oddity {
    /// An undocumented field.
    Field(String),
    /// Names that are not written: the place, and their number.
    HiddenFields(String, usize),
    /// A type that is not documented for this place.
    Kind(String, Kind),
    /// An unknown code.
    Code(String, String),
    /// Codes that are not written: the place, and their number.
    HiddenCodes(String, usize),
    /// A date that is not an RFC 3339 timestamp.
    Date(String, String),
}

impl Shape {
    /// Adds a document, and adds to `private` the parts of it that must not be written.
    pub(super) fn add(&mut self, document: &Value, fields: Fields, private: &mut Private) {
        self.add_at(&At::whole(fields), document, private);
    }

    fn add_at(&mut self, at: &At, value: &Value, private: &mut Private) {
        *self.kinds.entry(kind(value)).or_default() += 1;
        match value {
            Value::String(text) => self.add_text(at, text, private),
            Value::Array(items) => {
                let (least, most) = self.lengths.unwrap_or((items.len(), items.len()));
                self.lengths = Some((least.min(items.len()), most.max(items.len())));
                if at.depth < MAX_DEPTH && !items.is_empty() {
                    let (shape, at) = (self.items.get_or_insert_default(), at.items());
                    for item in items {
                        shape.add_at(&at, item, private);
                    }
                }
            }
            Value::Object(members) if at.depth < MAX_DEPTH => {
                for (name, value) in members {
                    let shape = self.fields.entry(name.clone()).or_default();
                    shape.add_at(&at.member(name), value, private);
                }
            }
            Value::Number(number) => private.learn(&number.to_string()),
            _ => {}
        }
    }

    fn add_text(&mut self, at: &At, text: &str, private: &mut Private) {
        let format = Format::of(text);
        let code = at.documented().is_some_and(|field| field.holds == Holds::Code);
        if code || is_documented_message(text) {
            *self.codes.entry(text.to_owned()).or_default() += 1;
        } else if format == Format::Email || identifies(&at.place) {
            private.learn_identity(text);
        } else {
            private.learn(text);
        }
        *self.formats.entry(format).or_default() += 1;
    }

    /// Reports whether no document was added.
    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Returns everything undocumented, in the order of places.
    pub(super) fn oddities(&self, fields: Fields, private: &Private) -> Vec<Oddity> {
        let mut found = Vec::new();
        self.oddities_at(&At::whole(fields), private, &mut found);
        found
    }

    fn oddities_at(&self, at: &At, private: &Private, found: &mut Vec<Oddity>) {
        let Some(documented) = at.documented() else { return };
        let place = || at.place.clone();
        let unknown = |kind: &&Kind| !documented.kinds.contains(kind);
        found.extend(self.kinds.keys().filter(unknown).map(|kind| Oddity::Kind(place(), *kind)));
        match documented.holds {
            Holds::Anything => return,
            Holds::Code => self.odd_codes(at, private, found),
            Holds::Date => {
                let odd = self.formats.keys().filter(|format| !format.is_rfc3339());
                found.extend(odd.map(|it| Oddity::Date(place(), it.describe())));
            }
            Holds::Value => {}
        }
        if let Some(items) = &self.items {
            items.oddities_at(&at.items(), private, found);
        }
        let mut hidden = 0;
        for (name, shape, written) in self.members(at, private) {
            let inner = at.member(name);
            if inner.documented().is_some() {
                shape.oddities_at(&inner, private, found);
            } else {
                // A list of another name might contain what is documented below `items`.
                if let Some(items) = &shape.items {
                    items.oddities_at(&inner.items(), private, found);
                }
                if written {
                    found.push(Oddity::Field(inner.place));
                } else {
                    hidden += 1;
                }
            }
        }
        if hidden > 0 {
            found.push(Oddity::HiddenFields(place(), hidden));
        }
    }

    fn odd_codes(&self, at: &At, private: &Private, found: &mut Vec<Oddity>) {
        let unknown = self.codes.keys().filter(|code| !is_documented_code(code));
        let (written, hidden): (Vec<_>, Vec<_>) =
            unknown.partition(|code| private.may_write_code(code));
        found.extend(written.into_iter().map(|it| Oddity::Code(at.place.clone(), it.clone())));
        if !hidden.is_empty() {
            found.push(Oddity::HiddenCodes(at.place.clone(), hidden.len()));
        }
    }

    /// Returns the fields at a place, and whether the name of each can be written.
    fn members<'a>(&'a self, at: &At, private: &Private) -> Vec<(&'a str, &'a Self, bool)> {
        let documented = |name: &str| at.member(name).documented().is_some();
        let known = self.fields.keys().filter(|name| documented(name)).count();
        let in_record = known > 0 && self.fields.len() - known <= MAX_UNDOCUMENTED;
        let written = |name: &str| documented(name) || private.may_write_name(name, in_record);
        self.fields.iter().map(|(name, it)| (name.as_str(), it, written(name))).collect()
    }

    /// Returns the shape as lines of text, each with its depth.
    pub(super) fn lines(&self, fields: Fields, private: &Private) -> Vec<(usize, String)> {
        let mut lines = Vec::new();
        self.lines_at("body", &At::whole(fields), private, &mut lines);
        lines
    }

    fn lines_at(&self, name: &str, at: &At, private: &Private, lines: &mut Vec<(usize, String)>) {
        lines.push((at.depth, format!("{name}: {}", self.summary(private))));
        if let Some(items) = &self.items {
            items.lines_at("[]", &at.items(), private, lines);
        }
        let mut hidden = 0;
        for (name, shape, written) in self.members(at, private) {
            if written {
                shape.lines_at(name, &at.member(name), private, lines);
            } else {
                hidden += 1;
            }
        }
        if hidden > 0 {
            let names = count(hidden, "name", "names");
            lines.push((at.depth + 1, format!("({names} that might be private)")));
        }
    }

    /// Returns the types, formats, and codes at this place, in one line.
    fn summary(&self, private: &Private) -> String {
        let mut parts = Vec::new();
        for (kind, count) in &self.kinds {
            match kind {
                Kind::Text => parts.extend(
                    self.formats.iter().map(|(it, count)| format!("{} ({count})", it.describe())),
                ),
                Kind::List => {
                    let (least, most) = self.lengths.unwrap_or_default();
                    let range = if least == most {
                        least.to_string()
                    } else {
                        format!("{least} to {most}")
                    };
                    parts.push(format!("list of {range} ({count})"));
                }
                _ => parts.push(format!("{} ({count})", kind.describe())),
            }
        }
        let text = parts.join(", or ");
        if self.codes.is_empty() {
            return text;
        }
        let may = |code: &str| is_documented_message(code) || private.may_write_code(code);
        let (written, hidden): (Vec<_>, Vec<_>) =
            self.codes.iter().partition(|(code, _)| may(code));
        let mut codes: Vec<_> =
            written.iter().map(|(code, count)| format!("`{code}` {count}")).collect();
        if !hidden.is_empty() {
            codes.push(format!("{} that might be private", hidden.len()));
        }
        format!("{text}; codes: {}", codes.join(", "))
    }

    /// Returns the formats of the texts in this field of each item of a list, whatever the name of
    /// the list.
    pub(super) fn formats_of(&self, field: &str) -> Vec<Format> {
        let lists =
            self.items.iter().chain(self.fields.values().filter_map(|it| it.items.as_ref()));
        let fields = lists.filter_map(|items| items.fields.get(field));
        fields.flat_map(|it| it.formats.keys().cloned()).collect()
    }
}

/// A place in a document, such as `items[].role`.
struct At {
    place: String,
    depth: usize,
    fields: Fields,
}

impl At {
    fn whole(fields: Fields) -> Self {
        Self { place: String::new(), depth: 0, fields }
    }

    fn items(&self) -> Self {
        let place = format!("{}[]", self.place);
        Self { place, depth: self.depth + 1, fields: self.fields }
    }

    fn member(&self, name: &str) -> Self {
        let place = match self.place.as_str() {
            "" => name.to_owned(),
            place => format!("{place}.{name}"),
        };
        Self { place, depth: self.depth + 1, fields: self.fields }
    }

    /// Returns the documented field for this place.
    ///
    /// The items of a list are found under any name of the list, and without one.
    fn documented(&self) -> Option<&'static Field> {
        let find = |place: &str| self.fields.iter().find(|field| field.place == place);
        find(&self.place).or_else(|| {
            let (list, below) = self.place.split_once("[]")?;
            if list.contains('.') { None } else { find(&format!("items[]{below}")) }
        })
    }
}

/// Returns a count with its noun: `1 name`, `2 names`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Bool,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::Text,
        Value::Array(_) => Kind::List,
        Value::Object(_) => Kind::Object,
    }
}

/// Reports whether the text at a place identifies a person or something of the organization.
fn identifies(place: &str) -> bool {
    let last = place.rsplit('.').next().unwrap_or_default();
    ["name", "org", "email", "login", "account", "domain"].iter().any(|word| last.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::contract::Endpoint;
    use super::*;

    fn shape(endpoint: Endpoint, status: u16, document: &Value) -> (Vec<Oddity>, String) {
        let (mut shape, mut private) = (Shape::default(), Private::default());
        let fields = endpoint.fields(status);
        shape.add(document, fields, &mut private);
        let lines = shape.lines(fields, &private);
        let text: Vec<_> = lines.iter().map(|(at, it)| "  ".repeat(*at) + it).collect();
        (shape.oddities(fields, &private), text.join("\n"))
    }

    fn user(number: u32) -> Value {
        json!({
            "id": format!("00000000-0000-4000-8000-{number:012}"),
            "email": format!("user{number}@example.com"),
            "first_name": "Ada", "last_name": null, "role": "member",
            "subscriptions": ["commercial_subscription"], "groups": null,
        })
    }

    #[test]
    fn documented_list_reports_no_deviation_and_no_value() {
        let (odd, text) = shape(Endpoint::Users, 200, &json!({"items": [user(1), user(2)]}));
        assert_eq!(odd, []);
        assert_eq!(
            text,
            "body: object (1)\n  \
             items: list of 2 (1)\n    \
             []: object (2)\n      \
             email: text: email address (2)\n      \
             first_name: text (2)\n      \
             groups: null (2)\n      \
             id: text: UUID (2)\n      \
             last_name: null (2)\n      \
             role: text (2); codes: `member` 2\n      \
             subscriptions: list of 1 (2)\n        \
             []: text (2); codes: `commercial_subscription` 2"
        );
    }

    #[test]
    fn undocumented_fields_are_reported_by_name() {
        let mut odd = user(1);
        odd["role"] = json!("owner");
        odd["subscriptions"] = json!(null);
        odd["favorite_color"] = json!("blue");
        odd["seats"] = json!({"user1": 1, "max": 2});
        let (odd, text) = shape(Endpoint::Users, 200, &json!({"items": [odd], "x-next": 1}));
        assert_eq!(
            odd,
            [
                Oddity::Field("items[].favorite_color".into()),
                Oddity::Code("items[].role".into(), "owner".into()),
                Oddity::Field("items[].seats".into()),
                Oddity::Kind("items[].subscriptions".into(), Kind::Null),
                Oddity::HiddenFields(String::new(), 1),
            ]
        );
        assert!(text.contains("max: number (1)") && text.contains("(1 name that might"), "{text}");
        assert!(!text.contains("user1") && !text.contains("blue"), "{text}");
    }

    #[test]
    fn map_keys_are_not_reported() {
        let mut map = user(1);
        for number in 0..20 {
            map[format!("person_{}", char::from(b'a' + number))] = json!(1);
        }
        map["by_user"] = json!({"alovelace": {"max": 1}, "ghopper": {"max": 2}});
        let (odd, text) = shape(Endpoint::Users, 200, &json!({"items": [map]}));
        assert!(!text.contains("person") && !text.contains("lovelace"), "{text}");
        assert!(odd.iter().any(|it| matches!(it, Oddity::HiddenFields(..))), "{odd:?}");
    }

    #[test]
    fn date_formats_are_reported_by_field() {
        let token = |at: Value| json!({"id": "x", "expires_at": at, "metadata": {"scim": {}}});
        let items = [json!("2030-01-01T00:00:00Z"), json!("2030-01-01 00:00:00"), json!(null)];
        let document = json!({"items": items.map(token)});
        let (odd, _) = shape(Endpoint::Tokens, 200, &document);
        let place = "items[].expires_at".to_owned();
        let form = "text: date `YYYY-MM-DD hh:mm:ss`".to_owned();
        assert_eq!(odd, [Oddity::Kind(place.clone(), Kind::Null), Oddity::Date(place, form)]);
    }

    #[test]
    fn items_are_recognized_under_any_name() {
        let mut odd = user(1);
        odd["role"] = json!("owner");
        let code = |place: &str| Oddity::Code(place.into(), "owner".into());
        let (found, text) = shape(Endpoint::Users, 200, &json!({"users": [odd], "next": null}));
        assert!(found.contains(&code("users[].role")), "{found:?}");
        assert!(found.contains(&Oddity::Field("users".into())), "{found:?}");
        assert!(text.contains("codes: `owner` 1"), "{text}");
        let (found, _) = shape(Endpoint::Users, 200, &json!([odd]));
        assert_eq!(found, [Oddity::Kind(String::new(), Kind::List), code("[].role")]);
    }

    #[test]
    fn errors_report_only_codes_and_api_messages() {
        let body = json!({"error": {"code": "seat_locked", "message": "ada may not"}});
        let (odd, text) = shape(Endpoint::Users, 403, &body);
        assert_eq!(odd, [Oddity::Code("error.code".into(), "seat_locked".into())]);
        assert!(!text.contains("ada"), "{text}");
        let (_, text) = shape(Endpoint::Users, 401, &json!({"detail": "Not authenticated"}));
        assert!(text.contains("`Not authenticated` 1"), "{text}");
    }
}

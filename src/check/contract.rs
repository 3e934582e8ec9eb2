//! The documented API: the fields of each response, their types, and the codes.
//!
//! Source: Organization Management API 1.0.0 (OpenAPI), RFC 6749, and for error bodies also the
//! fields that Anaconda's own clients read.

/// A kind of request, which determines the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Endpoint {
    /// The token endpoint.
    Token,
    /// The list of users.
    Users,
    /// The list of a user's tokens.
    Tokens,
    /// The list of service accounts.
    ServiceAccounts,
    /// Any other endpoint.
    Other,
}

impl Endpoint {
    /// Returns the request as the report writes it, without values.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Token => "POST {token_path}",
            Self::Users => "GET {api_path}/organizations/{organization}/users",
            Self::Tokens => "GET {api_path}/organizations/{organization}/users/{user}/tokens",
            Self::ServiceAccounts => "GET {api_path}/organizations/{organization}/service-accounts",
            Self::Other => "GET {another path}",
        }
    }

    /// Returns the documented places of a response with this status.
    pub(super) fn fields(self, status: u16) -> &'static [Field] {
        match self {
            _ if !(200..300).contains(&status) => ERROR,
            Self::Token => TOKEN,
            Self::Users => USERS,
            Self::Tokens => TOKENS,
            Self::ServiceAccounts => SERVICE_ACCOUNTS,
            Self::Other => &[],
        }
    }

    /// Reports whether the API documents this status, or every API has it.
    pub(super) fn expects(self, status: u16) -> bool {
        match self {
            Self::Token => matches!(status, 200 | 400 | 401 | 403 | 404 | 405 | 429),
            _ => matches!(status, 200 | 401 | 403 | 404 | 405 | 422 | 429),
        }
    }
}

/// The types of JSON, including null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    /// Returns the name of the type for messages and the report.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number => "number",
            Self::Text => "text",
            Self::List => "list",
            Self::Object => "object",
        }
    }
}

/// The content of a documented place, beyond its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// A value of a user or the organization.
    Value,
    /// A code that the API defines.
    Code,
    /// A date and time.
    Date,
    /// Any value that a user set. Names inside it are neither documented nor unexpected.
    Anything,
}

/// A documented place, such as `items[].role`. The place of the whole document is the empty string.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) place: &'static str,
    pub(super) kinds: &'static [Kind],
    pub(super) holds: Holds,
}

const fn field(place: &'static str, kinds: &'static [Kind], holds: Holds) -> Field {
    Field { place, kinds, holds }
}

use Holds::{Anything, Code, Date, Value};
use Kind::{Bool, List, Null, Number, Object, Text};

const ALL: &[Kind] = &[Null, Bool, Number, Text, List, Object];

const TOKEN: &[Field] = &[
    field("", &[Object], Value),
    field("access_token", &[Text], Value),
    field("token_type", &[Text], Code),
    field("expires_in", &[Number, Text], Value),
    field("refresh_token", &[Text, Null], Value),
    field("scope", &[Text, Null], Value),
];

const USERS: &[Field] = &[
    field("", &[Object], Value),
    field("items", &[List], Value),
    field("items[]", &[Object], Value),
    field("items[].id", &[Text], Value),
    field("items[].email", &[Text, Null], Value),
    field("items[].first_name", &[Text, Null], Value),
    field("items[].last_name", &[Text, Null], Value),
    field("items[].role", &[Text], Code),
    field("items[].subscriptions", &[List], Value),
    field("items[].subscriptions[]", &[Text], Code),
    field("items[].groups", &[List, Null], Value),
    field("items[].groups[]", &[Object], Value),
    field("items[].groups[].id", &[Text], Value),
    field("items[].groups[].name", &[Text], Value),
    field("items[].groups[].org_id", &[Text], Value),
    field("items[].groups[].created_at", &[Text], Date),
    field("items[].groups[].updated_at", &[Text], Date),
    field("items[].groups[].user_count", &[Number], Value),
];

const TOKENS: &[Field] = &[
    field("", &[Object], Value),
    field("items", &[List], Value),
    field("items[]", &[Object], Value),
    field("items[].id", &[Text], Value),
    field("items[].expires_at", &[Text], Date),
    field("items[].metadata", &[Object, Null], Anything),
    field("items[].revoked", &[Bool, Null], Value),
];

/// The legacy API has no `items` envelope: it returns one object, or a list.
const SERVICE_ACCOUNTS: &[Field] = &[
    field("", &[Object, List], Value),
    field("items", &[List], Value),
    field("items[]", &[Object], Value),
    field("items[].name", &[Text], Value),
    field("items[].client_id", &[Text], Value),
    field("items[].org_id", &[Text], Value),
    field("[]", &[Object], Value),
    field("[].name", &[Text], Value),
    field("[].client_id", &[Text], Value),
    field("[].org_id", &[Text], Value),
    field("name", &[Text], Value),
    field("client_id", &[Text], Value),
    field("org_id", &[Text], Value),
];

const ERROR: &[Field] = &[
    field("", &[Object], Value),
    field("error", &[Object, Text], Code),
    field("error.code", &[Text], Code),
    field("error.message", &[Text, Null], Value),
    field("error.detail", &[Text, Null], Value),
    field("error.data", ALL, Anything),
    field("error_description", &[Text], Value),
    field("error_uri", &[Text], Value),
    field("message", &[Text], Value),
    field("detail", &[Text, List], Value),
    field("detail[]", &[Object], Value),
    field("detail[].loc", &[List], Value),
    field("detail[].loc[]", &[Text, Number], Code),
    field("detail[].msg", &[Text], Value),
    field("detail[].type", &[Text], Code),
    field("detail[].input", ALL, Anything),
    field("detail[].ctx", ALL, Anything),
    field("detail[].url", &[Text], Value),
];

/// The tables whose field names the report can contain at any place.
const TABLES: [&[Field]; 5] = [TOKEN, USERS, TOKENS, SERVICE_ACCOUNTS, ERROR];

/// Reports whether any place documents a field of this name.
pub(super) fn is_documented_name(name: &str) -> bool {
    let last = |field: &Field| field.place.rsplit('.').next().map(|it| it.trim_end_matches("[]"));
    TABLES.iter().copied().flatten().any(|field| last(field) == Some(name)) && !name.is_empty()
}

/// The documented roles.
pub(super) const ROLES: [&str; 3] = ["member", "admin", "billing_manager"];

/// The product codes that are documented or that Anaconda's clients contain.
pub(super) const PRODUCTS: [&str; 4] = [
    "free_subscription",
    "starter_subscription",
    "commercial_subscription",
    "security_subscription",
];

/// Codes of errors, token types, and places that a failed validation names.
const OTHER_CODES: [&str; 30] = [
    "Bearer",
    "bearer",
    "auth_required",
    "not_found",
    "organization_not_found",
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    "unauthorized",
    "forbidden",
    "rate_limited",
    "too_many_requests",
    "missing",
    "value_error",
    "body",
    "query",
    "path",
    "header",
    "username",
    "password",
    "client_id",
    "client_secret",
    "grant_type",
    "user_id",
];

/// Reports whether a code is documented or known.
pub(super) fn is_documented_code(code: &str) -> bool {
    ROLES.contains(&code) || PRODUCTS.contains(&code) || OTHER_CODES.contains(&code)
}

/// Messages that the API documents or its framework returns. They contain no values.
const MESSAGES: [&str; 9] = [
    "Not Found",
    "Method Not Allowed",
    "Not authenticated",
    "User not found",
    "Service account not found",
    "User token not found",
    "A seat is not currently assigned to the user",
    "A seat is already assigned to the user",
    "No free seats remaining in the organization subscription",
];

/// Reports whether a text is one of the API's own messages.
pub(super) fn is_documented_message(text: &str) -> bool {
    MESSAGES.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_belongs_to_documented_parent() {
        for table in TABLES {
            for field in table {
                let parent = match field.place.strip_suffix("[]") {
                    Some(list) => list,
                    None => field.place.rsplit_once('.').map_or("", |(parent, _)| parent),
                };
                assert!(table.iter().any(|it| it.place == parent), "{}", field.place);
            }
        }
    }

    #[test]
    fn names_match_documentation_by_last_part() {
        for (name, documented) in
            [("items", true), ("user_count", true), ("loc", true), ("tier", false), ("", false)]
        {
            assert_eq!(is_documented_name(name), documented, "{name}");
        }
    }
}

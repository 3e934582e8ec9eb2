//! Pieces of configuration that several tests are made of.

/// A person.
pub(crate) const ADA: &str = r#"
resource "anaconda_user" "ada" {
  email = "ada@example.com"
}
"#;

/// Her seat.
pub(crate) const ADA_SEAT: &str = r#"
resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}
"#;

/// Where these are in the state.
pub(crate) const USER: &str = "anaconda_user.ada";
pub(crate) const SEAT: &str = "anaconda_seat.ada";
pub(crate) const TOKEN: &str = "anaconda_token.ada";

/// An expiration date that no test reaches.
pub(crate) const END: &str = "expires_at = \"2040-01-01T00:00:00Z\"";

/// A user with a seat and a token that has these arguments.
pub(crate) fn ada_with_token(arguments: &str) -> String {
    let token = format!("user_id = anaconda_seat.ada.user_id\n{arguments}");
    [ADA, ADA_SEAT, &resource("token", "ada", &token)].concat()
}

/// One resource with these arguments, a line or several.
pub(crate) fn resource(kind: &str, name: &str, arguments: &str) -> String {
    format!("resource \"anaconda_{kind}\" \"{name}\" {{\n{arguments}\n}}\n")
}

/// A provider block with these arguments.
pub(crate) fn provider(arguments: &str) -> String {
    format!("provider \"anaconda\" {{\n{arguments}\n}}\n")
}

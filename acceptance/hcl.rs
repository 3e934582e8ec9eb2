//! Parts of configurations that several tests share.

/// A user.
pub(crate) const ADA: &str = r#"
resource "anaconda_user" "ada" {
  email = "ada@example.com"
}
"#;

/// Seat of the user.
pub(crate) const ADA_SEAT: &str = r#"
resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}
"#;

/// Resource addresses of the user, the seat, and the token.
pub(crate) const USER: &str = "anaconda_user.ada";
pub(crate) const SEAT: &str = "anaconda_seat.ada";
pub(crate) const TOKEN: &str = "anaconda_token.ada";

/// An expiration date far in the future.
pub(crate) const END: &str = "expires_at = \"2040-01-01T00:00:00Z\"";

/// Returns the token of Ada, who has a seat, with these arguments.
pub(crate) fn ada_token(arguments: &str) -> String {
    resource("token", "ada", &format!("user_id = anaconda_seat.ada.user_id\n{arguments}"))
}

/// Returns a user with a seat, and with a token that has these arguments.
pub(crate) fn ada_with_token(arguments: &str) -> String {
    [ADA, ADA_SEAT, &ada_token(arguments)].concat()
}

/// Returns one resource with these arguments, on one or more lines.
pub(crate) fn resource(kind: &str, name: &str, arguments: &str) -> String {
    format!("resource \"anaconda_{kind}\" \"{name}\" {{\n{arguments}\n}}\n")
}

/// Returns a provider block with these arguments.
pub(crate) fn provider(arguments: &str) -> String {
    format!("provider \"anaconda\" {{\n{arguments}\n}}\n")
}

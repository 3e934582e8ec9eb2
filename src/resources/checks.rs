//! Checks and comparisons of attribute values that several resources share.

use super::email::check_address;
use crate::client::UserId;
use crate::tf_provider::value::Value;

/// Reports whether two email addresses are equal. Anaconda ignores case.
pub(super) fn same_email(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => false,
    }
}

/// Reports whether two UUIDs are equal, whatever their spelling.
pub(super) fn same_id(a: &Value, b: &Value) -> bool {
    match (a.as_str().map(UserId::parse), b.as_str().map(UserId::parse)) {
        (Some(Ok(a)), Some(Ok(b))) => a == b,
        _ => false,
    }
}

/// Returns an error if the value is not an email address.
pub(crate) fn is_email(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    check_address(text).map_err(|why| {
        format!(
            "{text:?} is not a valid email address: {why} To create a managed user, remove the email \
             address."
        )
    })
}

/// Returns an error if the value is not a user ID.
pub(crate) fn is_user_id(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match UserId::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "{text:?} is not a valid user ID. It must be a UUID, as in `anaconda_user.<NAME>.id`."
        )),
    }
}

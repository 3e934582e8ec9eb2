//! Functions that configurations can call.

use crate::resources::check_address;
use crate::tf_provider::function::{Function, FunctionError, Parameter};
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// Returns the function `normalize_email`, which yields one spelling for each email address, for
/// the keys of a `for_each`.
#[must_use]
pub fn normalize_email() -> Function {
    Function {
        name: "normalize_email",
        summary: "Normalizes an email address",
        description: "Removes spaces around an email address and converts it to lowercase, because Anaconda \
                      ignores case in email addresses. Use it for the keys of a `for_each` over email \
                      addresses.",
        parameters: vec![Parameter {
            name: "email",
            kind: Type::String,
            description: "Email address to normalize.",
        }],
        returns: Type::String,
        call: |arguments| {
            let typed = arguments.first().and_then(Value::as_str).unwrap_or_default();
            let email = typed.trim().to_lowercase();
            match check_address(&email) {
                Ok(()) => Ok(email.into()),
                Err(why) => Err(FunctionError {
                    argument: Some(0),
                    text: format!("{typed:?} is not a valid email address: {why}"),
                }),
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_spellings_normalize_to_one_value() {
        let normalize = normalize_email().call;
        for typed in ["Ada@Example.com", " ada@example.COM\n"] {
            assert_eq!(normalize(&[typed.into()]), Ok("ada@example.com".into()));
        }
        assert_eq!(normalize(&["ada".into()]).unwrap_err().argument, Some(0));
    }
}

//! The functions that configurations can call.

use crate::resources::check_address;
use crate::tf_provider::function::{Function, Parameter, Refusal};
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// `normalize_email`: one spelling for each address, to be the key of a `for_each`.
#[must_use]
pub fn normalize_email() -> Function {
    Function {
        name: "normalize_email",
        summary: "One spelling for each e-mail address",
        description: "Takes away spaces around an e-mail address and makes it lower-case, as Anaconda \
                      does not tell case apart. Good for the keys of a `for_each` over addresses that \
                      people have typed.",
        parameters: vec![Parameter {
            name: "email",
            kind: Type::String,
            description: "The address as it was typed.",
        }],
        returns: Type::String,
        call: |arguments| {
            let typed = arguments.first().and_then(Value::as_str).unwrap_or_default();
            let email = typed.trim().to_lowercase();
            match check_address(&email) {
                Ok(()) => Ok(email.into()),
                Err(why) => Err(Refusal {
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
    fn spellings_of_one_address_become_one() {
        let normalize = normalize_email().call;
        for typed in ["Ada@Example.com", " ada@example.COM\n"] {
            assert_eq!(normalize(&[typed.into()]), Ok("ada@example.com".into()));
        }
        assert_eq!(normalize(&["ada".into()]).unwrap_err().argument, Some(0));
    }
}

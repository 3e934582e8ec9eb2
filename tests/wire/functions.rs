//! Functions of a provider that is not configured.

use serde_json::{Value, json};

use crate::harness::Launch;
use crate::proto::tfplugin5::{DynamicValue, FunctionError, call_function};
use crate::session::Session;
use crate::terraform::schemas;
use crate::values::{pack, unknown, unpack};

async fn call(session: &Session, arguments: Vec<DynamicValue>) -> Result<Value, FunctionError> {
    let request = call_function::Request { name: "normalize_email".to_owned(), arguments };
    let answer = session.client.clone().call_function(request).await.unwrap().into_inner();
    // A response must have exactly one of the two. With neither, Terraform would read null.
    match (answer.result, answer.error) {
        (Some(result), None) => Ok(unpack(&result)),
        (None, Some(error)) => {
            assert!(!error.text.is_empty());
            Err(error)
        }
        both => panic!("{both:?}"),
    }
}

#[tokio::test]
async fn same_function_argument_gives_same_result() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for _ in 0..3 {
        let result = call(&session, vec![pack(&json!(" Ada@Example.com "))]).await.unwrap();
        assert_eq!(result, "ada@example.com");
    }
    let another = Session::unconfigured(Launch::without_tls()).await;
    let again = call(&another, vec![pack(&json!("ada@example.com"))]).await.unwrap();
    assert_eq!(again, "ada@example.com", "the result is its own result");
}

#[tokio::test]
async fn invalid_function_argument_error_has_position() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let malformed = DynamicValue { msgpack: vec![0xc1], json: Vec::new() };
    let nothing = DynamicValue::default();
    let mut wrong = vec![malformed, nothing];
    for value in [Value::Null, unknown(), json!(""), json!("ada"), json!(1), json!(["a"])] {
        wrong.push(pack(&value));
    }
    for argument in wrong {
        let told = call(&session, vec![argument.clone()]).await.unwrap_err();
        assert_eq!(told.function_argument, Some(0), "{argument:?}: {told:?}");
    }
    let told = call(&session, vec![pack(&json!("ada"))]).await.unwrap_err();
    assert!(told.text.contains("ada"), "{told:?}");
}

#[tokio::test]
async fn wrong_argument_count_error_has_no_position() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for count in [0, 2] {
        let told = call(&session, vec![pack(&json!("a@example.com")); count]).await.unwrap_err();
        assert_eq!(told.function_argument, None);
        assert!(told.text.contains("normalize_email"), "{told:?}");
    }
}

#[tokio::test]
async fn function_rejects_unknown_and_null_arguments() {
    for (name, function) in &schemas().await.functions {
        for parameter in &function.parameters {
            assert!(!parameter.allow_null_value && !parameter.allow_unknown_values, "{name}");
        }
        assert_eq!(function.variadic_parameter, None, "{name}");
    }
}

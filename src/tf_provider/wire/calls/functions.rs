//! RPCs about functions. They return function errors instead of diagnostics.

use super::super::convert::{dynamic, value};
use super::super::tfplugin5 as pb;
use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::function::{Function, FunctionError};

pub(in super::super) fn call(
    functions: &[Function],
    request: pb::call_function::Request,
) -> pb::call_function::Response {
    let outcome = match functions.iter().find(|function| function.name == request.name) {
        Some(function) => evaluate(function, request.arguments),
        None => Err(function_error(format!("This provider has no function \"{}\".", request.name))),
    };
    match outcome {
        Ok(result) => pb::call_function::Response { result: Some(result), error: None },
        Err(FunctionError { argument, text }) => {
            // Terraform adds the period itself.
            let text = text.trim_end_matches('.').to_owned();
            let error = pb::FunctionError { text, function_argument: argument };
            pb::call_function::Response { result: None, error: Some(error) }
        }
    }
}

fn evaluate(
    function: &Function,
    arguments: Vec<pb::DynamicValue>,
) -> Result<pb::DynamicValue, FunctionError> {
    if arguments.len() != function.parameters.len() {
        let (name, wanted) = (function.name, function.parameters.len());
        return Err(function_error(format!("The function \"{name}\" takes {wanted} argument(s).")));
    }
    let decoded =
        function.parameters.iter().zip(arguments).enumerate().map(|(n, (parameter, sent))| {
            let argument = i64::try_from(n).ok();
            let text = |text: String| FunctionError { argument, text };
            match value(Some(sent), &parameter.kind).map_err(|e| text(joined_details(&e)))? {
                known if known.is_wholly_known() && !known.is_null() => Ok(known),
                _ => Err(text(format!("\"{}\" must be known and not null.", parameter.name))),
            }
        });
    let arguments = decoded.collect::<Result<Vec<_>, _>>()?;
    let result = (function.call)(&arguments)?;
    dynamic(&result, &function.returns).map_err(|e| function_error(joined_details(&e)))
}

fn function_error(text: String) -> FunctionError {
    FunctionError { argument: None, text }
}

fn joined_details(problem: &Diagnostics) -> String {
    problem.iter().map(|one| one.detail.as_str()).collect::<Vec<_>>().join(" ")
}

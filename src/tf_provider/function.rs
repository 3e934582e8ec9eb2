//! [`Function`]: a pure function for configurations.

use super::types::Type;
use super::value::Value;

/// Provider-defined function. It has no side effects, sends no API requests, and returns the same
/// result for the same arguments.
#[derive(Clone, Debug)]
pub struct Function {
    /// Name, without the name of the provider.
    pub name: &'static str,
    /// Summary in one line.
    pub summary: &'static str,
    /// Description in Markdown.
    pub description: &'static str,
    /// Parameters, in order.
    pub parameters: Vec<Parameter>,
    /// Type of the result.
    pub returns: Type,
    /// Implementation. The arguments are known, not null, and of the declared types.
    pub call: fn(&[Value]) -> Result<Value, FunctionError>,
}

/// Parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub kind: Type,
    /// Description in Markdown.
    pub description: &'static str,
}

/// Error of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// Index of the invalid argument, from 0.
    pub argument: Option<i64>,
    /// What is wrong, and what is valid.
    pub text: String,
}

//! [`Function`]: a pure function for configurations.

use super::types::Type;
use super::value::Value;

/// A function. It has no side effects, asks nothing of the API, and answers the same to the same
/// arguments.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, without the provider's.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What it does, in Markdown.
    pub description: &'static str,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// The type of its result.
    pub returns: Type,
    /// The function itself. The arguments are known, not null, and of the declared types.
    pub call: fn(&[Value]) -> Result<Value, FunctionError>,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// What it is, in Markdown.
    pub description: &'static str,
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// The argument at fault, counted from 0.
    pub argument: Option<i64>,
    /// What is wrong, and what would be right.
    pub text: String,
}

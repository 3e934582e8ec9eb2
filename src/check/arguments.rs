//! The command line of `check`: its own arguments, and those of the provider block that are not
//! secret.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::provider;
use crate::tf_provider::schema::Attribute;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::{Number, Value};

/// The settings to check, and the output options.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// Arguments of the provider block, by name.
    pub(super) block: BTreeMap<&'static str, Value>,
    /// The ID or email address of the user whose tokens are listed.
    pub(super) user: Option<String>,
    pub(super) json: bool,
    pub(super) report: Option<PathBuf>,
}

/// The operation that the command line requests.
#[derive(Debug)]
pub(super) enum Wanted {
    Help,
    Check(Arguments),
}

/// The argument that is a map of secrets and is therefore read from a file.
const HEADERS: &str = "extra_headers";

/// Parses the arguments after `check`.
///
/// # Errors
/// Returns a message that says what is wrong and contains no secret.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Wanted, String> {
    let attributes = provider::schema().attributes;
    let mut parsed = Arguments::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().ok_or("an argument is not valid UTF-8")?;
        let Some(flag) = text.strip_prefix("--").or_else(|| text.strip_prefix('-')) else {
            // The text might be a secret that was pasted in the wrong place, so it is not shown.
            return Err("expected an argument that starts with `--`; see `check --help`".to_owned());
        };
        let (name, mut value) = match flag.split_once('=') {
            Some((name, value)) => (name.replace('-', "_"), Some(value.to_owned())),
            None => (flag.replace('-', "_"), None),
        };
        let mut value = || match value.take() {
            Some(value) => Ok(value),
            None => match arguments.next().map(OsString::into_string) {
                Some(Ok(value)) => Ok(value),
                Some(Err(_)) => {
                    Err(format!("the value of {} is not valid UTF-8", flag_label(&name)))
                }
                None => Err(format!("{} requires a value; see `check --help`", flag_label(&name))),
            },
        };
        match name.as_str() {
            "help" | "h" => return Ok(Wanted::Help),
            "json" => parsed.json = true,
            "report" => parsed.report = Some(value()?.into()),
            "user" => parsed.user = Some(value()?),
            "extra_headers_file" if attributes.iter().any(|it| it.name == HEADERS) => {
                parsed.block.insert(HEADERS, headers(&value()?)?);
            }
            _ => {
                let Some(attribute) = attributes.iter().find(|it| it.name == name) else {
                    return Err(format!(
                        "unknown argument {}; see `check --help`",
                        flag_label(&name)
                    ));
                };
                let value = block_argument(attribute, &value()?)?;
                parsed.block.insert(attribute.name, value);
            }
        }
    }
    Ok(Wanted::Check(parsed))
}

/// Parses and checks the value of an argument of the provider block.
fn block_argument(attribute: &Attribute, text: &str) -> Result<Value, String> {
    let flag = flag_label(attribute.name);
    let in_a_file = text.starts_with("file:") && attribute.kind == Type::String;
    if attribute.sensitive && !in_a_file {
        return Err(secret_rejected(attribute, &flag));
    }
    if attribute.name.ends_with("_url") && has_password(text) {
        return Err(format!(
            "{flag} contains a password, which other users of this machine could see in the list of \
             processes. Use the HTTPS_PROXY environment variable instead."
        ));
    }
    let value = match attribute.kind {
        Type::Number => Number::parse(text).map(Value::Number),
        Type::Bool => text.parse().ok().map(Value::Bool),
        Type::String => Some(Value::String(text.to_owned())),
        _ => None,
    };
    let value = value.ok_or_else(|| format!("{flag}: invalid value"))?;
    match attribute.faults(&value).into_iter().next() {
        Some(wrong) => Err(format!("{flag}: {wrong}")),
        None => Ok(value),
    }
}

fn secret_rejected(attribute: &Attribute, flag: &str) -> String {
    let why = format!(
        "{flag} is not allowed: other users of this machine could see the secret in the list of processes, \
         and the shell stores it in its history."
    );
    if attribute.name == HEADERS {
        return format!(
            "{why} Use `--extra-headers-file FILE` with a line `Name: value` per header."
        );
    }
    match super::settings::variable(attribute.name) {
        Some(variable) => format!(
            "{why} Set the {variable} environment variable, or give `file:PATH` with a file that contains \
             the secret."
        ),
        None => format!("{why} Use an argument that accepts the path of a file."),
    }
}

/// Returns the name as a flag: `--client-id` for `client_id`.
fn flag_label(name: &str) -> String {
    // The name might contain a secret that was pasted with a dash before it.
    let plain = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { format!("`--{}`", name.replace('_', "-")) } else { "(not shown)".to_owned() }
}

fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    authority.split(['/', '?', '#']).next().is_some_and(|it| it.contains('@'))
}

/// Reads a file with one line for each header.
fn headers(path: &str) -> Result<Value, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| format!("failed to read `--extra-headers-file`: {e}"))?;
    let mut headers = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line
            .split_once(':')
            .ok_or("`--extra-headers-file` must contain a line `Name: value` per header")?;
        headers.insert(name.trim().to_owned(), Value::String(value.trim().to_owned()));
    }
    Ok(Value::Object(headers))
}

/// Returns the output of `check --help`.
pub(super) fn help() -> String {
    let attributes = provider::schema().attributes;
    let mut flags = String::new();
    for attribute in attributes.iter().filter(|it| !it.sensitive && it.kind != Type::Bool) {
        let variable = super::settings::variable(attribute.name);
        let flag = format!("--{}", attribute.name.replace('_', "-"));
        match variable {
            Some(variable) => {
                let _ = writeln!(flags, "  {flag:<28}or {variable}");
            }
            None => {
                let _ = writeln!(flags, "  {flag}");
            }
        }
    }
    if attributes.iter().any(|it| it.name == HEADERS) {
        flags.push_str("  --extra-headers-file FILE   lines `Name: value`\n");
    }
    let secrets = attributes.iter().filter(|it| it.sensitive);
    let secrets: Vec<_> = secrets.filter_map(|it| super::settings::variable(it.name)).collect();
    format!(
        "terraform-provider-anaconda check: checks the settings and credentials of the provider

The command sends only authentication and GET requests, and makes no changes. It reads the same environment
variables as the provider.

  --json                      print one JSON document, for programs
  --report FILE               write the structure of the API responses to FILE, without values, for a
                              bug report
  --user USER                 list the tokens of this user: an ID or an email address
  --help                      print this text

Arguments of the provider block:

{flags}
Set secrets with environment variables: {}.
With flags, other users of this machine could see them in the list of processes.

Exit status: 0 if everything works, 1 if a step failed, 2 if everything works and there are remarks.",
        secrets.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Arguments, String> {
        match parse(arguments.iter().map(OsString::from))? {
            Wanted::Help => Err("help".to_owned()),
            Wanted::Check(arguments) => Ok(arguments),
        }
    }

    #[test]
    fn flags_match_names_of_provider_block() {
        let arguments = parsed(&[
            "--organization-id",
            "acme",
            "-client_id=robot",
            "--max-retries=2",
            "--json",
            "--report",
            "x.md",
            "--user",
            "ada@example.com",
        ])
        .unwrap();
        let text = |text: &str| Value::String(text.to_owned());
        assert_eq!(arguments.block["organization_id"], text("acme"));
        assert_eq!(arguments.block["client_id"], text("robot"));
        assert_eq!(arguments.block["max_retries"], Value::Number(Number::Int(2)));
        assert_eq!((arguments.json, arguments.user.as_deref()), (true, Some("ada@example.com")));
    }

    #[test]
    fn secret_in_flag_is_rejected_and_not_shown() {
        for argument in [
            "--client-secret=hunter2",
            "--admin-password=hunter2",
            "--access-token=hunter2",
            "--admin_access_token=hunter2",
            "--proxy-url=http://me:hunter2@proxy:3128",
            "hunter2",
            "-hunter2!",
        ] {
            let wrong = parsed(&[argument]).unwrap_err();
            assert!(!wrong.contains("hunter2"), "{argument}: {wrong}");
        }
        let wrong = parsed(&["--client-secret", "hunter2"]).unwrap_err();
        assert!(wrong.contains("list of processes"), "{wrong}");
        assert!(wrong.contains("ANACONDA_CLIENT_SECRET"), "{wrong}");
        assert!(parsed(&["--client-secret=file:/run/secret"]).is_ok());
    }

    #[test]
    fn flags_reject_what_provider_block_rejects() {
        for argument in ["--base-url=http://example.com", "--max-retries=90", "--max-retries=x"] {
            let wrong = parsed(&[argument]).unwrap_err();
            assert!(wrong.starts_with("`--"), "{wrong}");
        }
        for argument in ["--verbose", "--client-id"] {
            assert!(parsed(&[argument]).unwrap_err().contains("--help"), "{argument}");
        }
    }

    #[test]
    fn help_lists_every_argument_except_secrets() {
        let help = help();
        for attribute in provider::schema().attributes {
            let flag = format!("  --{} ", attribute.name.replace('_', "-"));
            let named = help.contains(&flag) || help.contains(&format!("{}\n", flag.trim_end()));
            assert_eq!(named, !attribute.sensitive, "{flag}");
        }
        assert!(help.contains("ANACONDA_CLIENT_SECRET"), "{help}");
    }
}

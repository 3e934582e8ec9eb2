//! The provider block: its arguments, and the client that is built from them.
//!
//! Configuring the provider sends no request. Missing or unknown credentials are reported by the
//! first operation that needs them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::access;
use super::base_url::{self, is_base_url};
use super::credentials::CredentialInputs;
use super::settings::{Environment, Setting, not_known_yet};
use crate::client::{
    Credentials, MissingSetting, Org, OrgId, Settings, Url, is_loopback, unusable_proxy_variable,
};
use crate::provider_data::{ADMIN, Clock, CredentialKind, ProviderData, SERVICE_ACCOUNT};
use crate::tf_provider::Attr;
use crate::tf_provider::diagnostics::{Diagnostic, Result};
use crate::tf_provider::model::from_value;
use crate::tf_provider::schema::{Schema, optional};
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

pub(super) const API_PATH: &str = "/api/v1";
pub(super) const TOKEN_PATH: &str = "/api/iam/token";

/// Returns the schema of the provider block.
#[must_use]
pub fn schema() -> Schema {
    Schema::new(
        "Manages the members of an Anaconda organization: users, seats, organization access tokens, and \
         service accounts. All arguments are optional. Each argument takes precedence over its environment \
         variable.",
    )
    .attributes([
        optional("organization_id", Type::String, "ID of the organization: the last part of the URL of its page, `anaconda.com/app/organizations/<ORGANIZATION_ID>`. Can also be set with the `ANACONDA_ORGANIZATION_ID` environment variable.").check(not_empty).check(is_organization),
        optional("client_id", Type::String, "Client ID of the service account that manages users, seats, and tokens. Can also be set with the `ANACONDA_CLIENT_ID` environment variable.").check(not_empty),
        optional("client_secret", Type::String, "Client secret of the service account, or `file:` and the path of a file that contains it. Can also be set with the `ANACONDA_CLIENT_SECRET` environment variable.").sensitive().check(not_empty),
        optional("admin_username", Type::String, "Email address of an organization admin. Only required for service accounts. Can also be set with the `ANACONDA_ADMIN_USERNAME` environment variable.").check(not_empty),
        optional("admin_password", Type::String, "Password of the organization admin, or `file:` and the path of a file that contains it. Can also be set with the `ANACONDA_ADMIN_PASSWORD` environment variable.").sensitive().check(not_empty),
        optional("access_token", Type::String, "OAuth 2.0 access token to use instead of `client_id` and `client_secret`, or `file:` and the path of a file that contains it. The provider does not renew it. Can also be set with the `ANACONDA_ACCESS_TOKEN` environment variable.").sensitive().check(not_empty),
        optional("admin_access_token", Type::String, "OAuth 2.0 access token to use instead of `admin_username` and `admin_password`, or `file:` and the path of a file that contains it. The provider does not renew it. Can also be set with the `ANACONDA_ADMIN_ACCESS_TOKEN` environment variable.").sensitive().check(not_empty),
        optional("base_url", Type::String, "URL of the server of the API. Must be an absolute `https` URL; `http` is supported only for a loopback address. Defaults to `https://anaconda.com`. Can also be set with the `ANACONDA_BASE_URL` environment variable.").check(is_base_url),
        optional("api_path", Type::String, "Path of the API, relative to `base_url`. Defaults to `/api/v1`.").check(is_path),
        optional("token_path", Type::String, "Path of the OAuth 2.0 token endpoint, relative to `base_url`. Defaults to `/api/iam/token`.").check(is_path),
        optional("max_retries", Type::Number, "Maximum number of retries after a transient error, from 0 to 20. Defaults to `4`.").whole_number(0, 20),
        optional("request_timeout_seconds", Type::Number, "Timeout of one API request in seconds, from 1 to 600. Defaults to `60`.").whole_number(1, 600),
        optional("max_concurrent_requests", Type::Number, "Maximum number of concurrent API requests, from 1 to 256. Defaults to `16`.").whole_number(1, 256),
        optional("proxy_url", Type::String, "URL of the proxy for all requests. Defaults to the proxy of the environment variables `HTTPS_PROXY`, `ALL_PROXY`, and `NO_PROXY`.").check(is_url),
        optional("ca_cert_file", Type::String, "Path of a PEM file with CA certificates to trust in addition to the system certificates. Conflicts with `ca_cert_pem`. Can also be set with the `ANACONDA_CA_CERT_FILE` environment variable.").check(not_empty),
        optional("ca_cert_pem", Type::String, "PEM-encoded CA certificates to trust in addition to the system certificates. Conflicts with `ca_cert_file`.").check(not_empty),
        optional("client_cert_file", Type::String, "Path of a PEM file with the client certificate for a proxy that requires one. Requires `client_key_file` or `client_key_pem`. Conflicts with `client_cert_pem`. Can also be set with the `ANACONDA_CLIENT_CERT_FILE` environment variable.").check(not_empty),
        optional("client_cert_pem", Type::String, "PEM-encoded client certificate, followed by its intermediate certificates. Conflicts with `client_cert_file`.").check(not_empty),
        optional("client_key_file", Type::String, "Path of a PEM file with the unencrypted private key of the client certificate. Conflicts with `client_key_pem`. Can also be set with the `ANACONDA_CLIENT_KEY_FILE` environment variable.").check(not_empty),
        optional("client_key_pem", Type::String, "PEM-encoded private key of the client certificate, or `file:` and the path of a file that contains it. Conflicts with `client_key_file`.").sensitive().check(not_empty),
        optional("extra_headers", Type::map(Type::String), "Headers to send with each request to `base_url`, for an access proxy. `Authorization`, `Host`, and `Content-*` are rejected. A value can be `file:` and the path of a file that contains it. The provider does not log the values.").sensitive().check(access::are_headers),
        optional("seat_limit", Type::Number, "Number of purchased seats, from 0 to 1000000. The API does not report this number. If set, a plan that requires more seats reports a warning. Can also be set with the `ANACONDA_SEAT_LIMIT` environment variable.").whole_number(0, 1_000_000),
        optional("offboarding_limit", Type::Number, "Maximum number of people that one plan can remove from the organization, from 0 to 1000000. Each person who is destroyed, replaced, or removed from an `anaconda_onboarding` counts once, also in `terraform destroy`. A plan that removes more people fails. Managed users do not count. Before Terraform v1.3, the provider enforces the limit during apply. No limit by default. Can also be set with the `ANACONDA_OFFBOARDING_LIMIT` environment variable.").whole_number(0, 1_000_000),
    ])
}

/// The values of the provider block.
#[derive(Debug, Deserialize)]
struct Block {
    organization_id: Attr<String>,
    client_id: Attr<String>,
    client_secret: Attr<String>,
    admin_username: Attr<String>,
    admin_password: Attr<String>,
    access_token: Attr<String>,
    admin_access_token: Attr<String>,
    base_url: Attr<String>,
    api_path: Attr<String>,
    token_path: Attr<String>,
    max_retries: Attr<u32>,
    request_timeout_seconds: Attr<u64>,
    max_concurrent_requests: Attr<usize>,
    proxy_url: Attr<String>,
    ca_cert_file: Attr<String>,
    ca_cert_pem: Attr<String>,
    client_cert_file: Attr<String>,
    client_cert_pem: Attr<String>,
    client_key_file: Attr<String>,
    client_key_pem: Attr<String>,
    seat_limit: Attr<u32>,
    offboarding_limit: Attr<u32>,
    #[serde(skip)]
    extra_headers: Value,
}

/// Builds the provider data from the provider block and the environment of the process.
pub(super) fn connect(config: &Value, terraform_version: &str) -> Result<ProviderData> {
    connect_with(&block(config)?, terraform_version, &|name| std::env::var(name).ok())
}

/// Decodes the block. `extra_headers` stays undecoded, because each element can be null or unknown.
fn block(config: &Value) -> Result<Block> {
    let mut rest = config.clone();
    let extra_headers = config.get("extra_headers").clone();
    rest.set("extra_headers", Value::Null);
    Ok(Block { extra_headers, ..from_value(rest)? })
}

/// Returns the settings of the client, from the same arguments and environment variables.
pub(super) fn settings(config: &Value, terraform_version: &str) -> Result<Settings> {
    settings_with(&block(config)?, terraform_version, &|name| std::env::var(name).ok())
}

fn connect_with(block: &Block, terraform: &str, env: Environment<'_>) -> Result<ProviderData> {
    let settings = settings_with(block, terraform, env)?;
    if settings.proxy_url.is_none()
        && let Some(name) = unusable_proxy_variable(&settings.base_url, env)
    {
        return Err(unusable_proxy(name).into());
    }
    let clock = clock(&settings.base_url, env)?;
    let anaconda = ProviderData::new(Org::new(settings)?, clock, terraform);
    let seats = limit(block.seat_limit, &SEAT_LIMIT, env)?;
    Ok(anaconda.with_limits(seats, limit(block.offboarding_limit, &OFFBOARDING_LIMIT, env)?))
}

fn settings_with(block: &Block, terraform: &str, env: Environment<'_>) -> Result<Settings> {
    let server = Setting::of(&block.base_url, "ANACONDA_BASE_URL", env);
    let mut settings = Settings {
        base_url: base_url::parsed(&server, &block.api_path, &block.token_path)?,
        api_path: block.api_path.clone().known().unwrap_or_else(|| API_PATH.to_owned()),
        token_path: block.token_path.clone().known().unwrap_or_else(|| TOKEN_PATH.to_owned()),
        organization: organization(block, env)?,
        service_account: sign_in(
            &SERVICE_ACCOUNT,
            [&block.client_id, &block.client_secret, &block.access_token],
            env,
        ),
        admin: sign_in(
            &ADMIN,
            [&block.admin_username, &block.admin_password, &block.admin_access_token],
            env,
        ),
        max_retries: block.max_retries.known().unwrap_or(4),
        request_timeout: Duration::from_secs(block.request_timeout_seconds.known().unwrap_or(60)),
        max_concurrent_requests: block.max_concurrent_requests.known().unwrap_or(16),
        proxy_url: block.proxy_url.as_known().and_then(|text| text.parse().ok()),
        ca_cert_pem: authorities(block, env)?,
        identity: access::Certificate {
            cert_file: &block.client_cert_file,
            cert_pem: &block.client_cert_pem,
            key_file: &block.client_key_file,
            key_pem: &block.client_key_pem,
        }
        .read(env)?,
        extra_headers: access::extra_headers(&block.extra_headers)?,
        user_agent: user_agent(terraform, env),
    };
    if let Some(name) = first_unknown(block) {
        // Without a known URL, no request can be sent.
        settings.organization = Err(not_known_yet(name));
    }
    Ok(settings)
}

/// Returns the first unknown argument among those that every request needs.
fn first_unknown(block: &Block) -> Option<&'static str> {
    let every_request = [
        ("base_url", block.base_url.is_unknown()),
        ("api_path", block.api_path.is_unknown()),
        ("token_path", block.token_path.is_unknown()),
        ("proxy_url", block.proxy_url.is_unknown()),
        ("ca_cert_file", block.ca_cert_file.is_unknown()),
        ("ca_cert_pem", block.ca_cert_pem.is_unknown()),
        ("client_cert_file", block.client_cert_file.is_unknown()),
        ("client_cert_pem", block.client_cert_pem.is_unknown()),
        ("client_key_file", block.client_key_file.is_unknown()),
        ("client_key_pem", block.client_key_pem.is_unknown()),
        ("extra_headers", !block.extra_headers.is_wholly_known()),
    ];
    every_request.into_iter().find(|(_, unknown)| *unknown).map(|(name, _)| name)
}

/// Returns the error for a proxy URL that the HTTP library would ignore.
///
/// The message does not show the value, which might contain a password.
fn unusable_proxy(variable: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid proxy URL",
        format!(
            "The value of the environment variable {variable} is not a valid proxy URL. It must look like \
             http://proxy.example.com:3128, with the scheme http or https. Correct it, unset it, or set \
             `proxy_url` in the provider block."
        ),
    )
    .at("proxy_url")
}

fn organization(
    block: &Block,
    env: Environment<'_>,
) -> Result<std::result::Result<OrgId, MissingSetting>> {
    let setting = Setting::of(&block.organization_id, "ANACONDA_ORGANIZATION_ID", env);
    Ok(match setting {
        Setting::Unknown => Err(not_known_yet("organization_id")),
        Setting::Unusable(why) => Err(why),
        Setting::Missing => Err(MissingSetting {
            summary: "Missing organization ID".to_owned(),
            detail: "No organization is configured. Set `organization_id` in the provider block, or the \
                     environment variable ANACONDA_ORGANIZATION_ID, to the last part of the URL of the \
                     organization's page: anaconda.com/app/organizations/<ORGANIZATION_ID>."
                .to_owned(),
            unknown: false,
        }),
        Setting::Argument(text) | Setting::Variable(text) => Ok(OrgId::parse(&text).map_err(|e| {
            if let Some(what) = page_of_organization(&text) {
                return Diagnostic::error("Invalid organization ID", what).at("organization_id");
            }
            let what = format!(
                "`organization_id` (or ANACONDA_ORGANIZATION_ID) is not a valid organization ID: {e}. \
                 Set it to the last part of the URL of the organization's page: \
                 anaconda.com/app/organizations/<ORGANIZATION_ID>."
            );
            Diagnostic::error("Invalid organization ID", what).at("organization_id")
        })?),
    })
}

/// Returns an error if the value is the URL of a page.
///
/// The first use of the ID rejects other wrong values.
fn is_organization(value: &Value) -> std::result::Result<(), String> {
    page_of_organization(text(value)).map_or(Ok(()), Err)
}

/// Returns the message for an organization ID that is the whole URL of a page.
fn page_of_organization(text: &str) -> Option<String> {
    let (_, after) = text.trim().split_once("organizations/").or_else(|| text.split_once("://"))?;
    let part = if text.contains("organizations/") { after } else { "" };
    let id = part.split(['/', '?', '#']).next().unwrap_or_default();
    let wrong = "The value is the URL of a page, and the organization ID is only a part of it";
    Some(if OrgId::parse(id).is_ok() {
        format!("{wrong}. Set `organization_id` (or ANACONDA_ORGANIZATION_ID) to \"{id}\".")
    } else {
        format!(
            "{wrong}. Set it to the part that follows `organizations/` in \
             anaconda.com/app/organizations/<ORGANIZATION_ID>."
        )
    })
}

/// Returns the credentials of one kind. `arguments` are the ID, the secret, and the access token.
fn sign_in(
    kind: &CredentialKind,
    arguments: [&Attr<String>; 3],
    env: Environment<'_>,
) -> std::result::Result<Credentials, MissingSetting> {
    let [id, secret, bearer] = arguments;
    let found = CredentialInputs {
        id: Setting::of(id, kind.id.1, env),
        secret: Setting::of_secret(secret, kind.secret, env),
        bearer: Setting::of_secret(bearer, kind.bearer, env),
    };
    found.choose(kind)
}

fn authorities(block: &Block, env: Environment<'_>) -> Result<Option<Vec<u8>>> {
    let file = Setting::of(&block.ca_cert_file, "ANACONDA_CA_CERT_FILE", env);
    match (&block.ca_cert_pem, &file) {
        (Attr::Known(_), Setting::Argument(_)) => Err(Diagnostic::error(
            "Conflicting CA certificate arguments",
            "Both `ca_cert_file` and `ca_cert_pem` are set. Set only one of them, with all certificates.",
        )
        .at("ca_cert_pem")
        .into()),
        (Attr::Known(pem), _) => Ok(Some(pem.clone().into_bytes())),
        (_, setting) => setting.text().map(read_authorities).transpose(),
    }
}

fn read_authorities(path: &str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| {
        let what = format!(
            "The provider cannot read the file \"{path}\" of `ca_cert_file` (or ANACONDA_CA_CERT_FILE): \
             {e}. Check the path, and that the user who runs Terraform can read the file."
        );
        Diagnostic::error("Unable to read CA certificate file", what).at("ca_cert_file").into()
    })
}

/// A limit: its argument, its environment variable, and its error.
struct Limit {
    argument: &'static str,
    variable: &'static str,
    invalid: fn(String) -> Diagnostic,
}

const SEAT_LIMIT: Limit = Limit {
    argument: "seat_limit",
    variable: "ANACONDA_SEAT_LIMIT",
    invalid: |what| Diagnostic::error("Invalid seat limit", what),
};

const OFFBOARDING_LIMIT: Limit = Limit {
    argument: "offboarding_limit",
    variable: "ANACONDA_OFFBOARDING_LIMIT",
    invalid: |what| Diagnostic::error("Invalid offboarding limit", what),
};

/// Returns a limit, or `None` if it is unknown or not set.
fn limit(argument: Attr<u32>, of: &Limit, env: Environment<'_>) -> Result<Option<u32>> {
    let variable = || env(of.variable).filter(|text| !text.is_empty());
    match (argument, variable()) {
        (Attr::Known(limit), _) => Ok(Some(limit)),
        (Attr::Unknown, _) | (Attr::Null, None) => Ok(None),
        (Attr::Null, Some(text)) => text.trim().parse().map(Some).map_err(|e| {
            let what = format!(
                "The environment variable {} must be a whole number, got: \"{text}\" ({e}). Correct it, or unset \
                 it.",
                of.variable
            );
            (of.invalid)(what).at(of.argument).into()
        }),
    }
}

fn user_agent(terraform: &str, env: Environment<'_>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let own = format!(
        "Terraform/{terraform} (+https://www.terraform.io) terraform-provider-anaconda/{version}"
    );
    match env("TF_APPEND_USER_AGENT").filter(|text| !text.trim().is_empty()) {
        Some(more) => format!("{own} {}", more.trim()),
        None => own,
    }
}

/// Returns the clock.
///
/// Tests can set the time, but only with a server on this machine. With a real server, a wrong
/// clock would replace or keep the wrong tokens.
fn clock(base_url: &Url, env: Environment<'_>) -> Result<Clock> {
    const VARIABLE: &str = "ANACONDA_TEST_NOW";
    let Some(text) = env(VARIABLE).filter(|text| !text.is_empty() && is_loopback(base_url)) else {
        return Ok(Clock::default());
    };
    match text.parse::<Timestamp>() {
        Ok(now) => Ok(Clock::standing(now)),
        Err(e) => Err(Diagnostic::error(
            "Invalid test clock",
            format!(
                "The environment variable {VARIABLE} must be an RFC 3339 timestamp: {e}. It is only for tests. \
                 Unset it."
            ),
        )
        .into()),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn not_empty(value: &Value) -> std::result::Result<(), String> {
    if text(value).trim().is_empty() {
        return Err(
            "The value must not be empty. To use the environment variable, remove the argument."
                .to_owned(),
        );
    }
    Ok(())
}

fn is_url(value: &Value) -> std::result::Result<(), String> {
    match text(value).parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
        _ => Err("The value must be an http or https URL, such as http://proxy.example.com:3128."
            .to_owned()),
    }
}

fn is_path(value: &Value) -> std::result::Result<(), String> {
    let path = text(value);
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\%".contains(&b));
    if path.starts_with('/') && plain && path.split('/').all(|part| part != "..") {
        return Ok(());
    }
    Err("The value must be a path that starts with / and contains no ?, #, %, \\, spaces, or \"..\"."
        .to_owned())
}

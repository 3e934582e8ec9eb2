//! The argument `base_url`: the URL of the server.

use super::config::{API_PATH, TOKEN_PATH};
use super::settings::Setting;
use crate::client::{Url, is_loopback};
use crate::tf_provider::Attr;
use crate::tf_provider::diagnostics::{Diagnostic, Result};
use crate::tf_provider::value::Value;

const DEFAULT: &str = "https://anaconda.com";

/// Returns an error if the value is not the URL of a server.
pub(super) fn is_base_url(value: &Value) -> std::result::Result<(), String> {
    url_of_server(value.as_str().unwrap_or_default().trim()).map(drop)
}

/// Returns the URL of the server.
///
/// The client appends these paths of the API and of the token endpoint to it.
///
/// # Errors
/// Returns an error if the URL cannot be used.
pub(super) fn parsed(
    setting: &Setting,
    api_path: &Attr<String>,
    token_path: &Attr<String>,
) -> Result<Url> {
    let text = setting.text().unwrap_or(DEFAULT);
    let url = url_of_server(text).and_then(|url| {
        let path = |argument: &Attr<String>, default: &str| {
            argument.as_known().map_or(default, String::as_str).to_owned()
        };
        let api = ("api_path", path(api_path, API_PATH));
        let token = ("token_path", path(token_path, TOKEN_PATH));
        match duplicate_path(&url, [api, token]).or_else(|| page_url(&url)) {
            Some(wrong) => Err(wrong),
            None => Ok(url),
        }
    });
    url.map_err(|wrong| {
        let source = match setting {
            Setting::Variable(_) => "ANACONDA_BASE_URL",
            _ => "`base_url`",
        };
        let what = format!("{source} is not valid: {wrong}");
        Diagnostic::error("Invalid base URL", what).at("base_url").into()
    })
}

/// Returns the message for a `base_url` that already ends with a path that the client appends.
fn duplicate_path(url: &Url, paths: [(&str, String); 2]) -> Option<String> {
    let before = url.path().trim_end_matches('/');
    paths.into_iter().find_map(|(name, path)| {
        let path = path.trim_end_matches('/');
        let rest = before.strip_suffix(path).filter(|_| !path.is_empty())?;
        let mut right = url.clone();
        right.set_path(rest);
        let right = right.as_str().trim_end_matches('/');
        Some(format!(
            "it ends with {path}, and `{name}` appends this path again. Set it to {right}."
        ))
    })
}

/// Returns the message for a `base_url` that is the URL of an organization's page.
fn page_url(url: &Url) -> Option<String> {
    url.path().contains("/app/organizations").then(|| {
        "it is the URL of a page, not of the API. Remove everything after the host, and set \
         `organization_id` to the last part of that URL."
            .to_owned()
    })
}

fn url_of_server(text: &str) -> std::result::Result<Url, String> {
    let url: Url = text.parse().map_err(|e| {
        format!("\"{text}\" is not an absolute URL ({e}). It must look like {DEFAULT}.")
    })?;
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err("it must not contain credentials, a query, or a fragment.".to_owned());
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(format!(
            "\"{text}\" would send credentials unencrypted. Use https. The provider supports http only \
             for a loopback address."
        )),
        other => Err(format!("The scheme \"{other}\" is not supported. Use https.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Option<String> {
        let setting = Setting::Variable(text.to_owned());
        let refusal = parsed(&setting, &Attr::Null, &Attr::Null).err()?;
        Some(refusal.iter().map(|it| it.detail.clone()).collect())
    }

    #[test]
    fn doubled_api_path_error_suggests_right_url() {
        for (text, right) in [
            ("https://anaconda.com/api/v1", "Set it to https://anaconda.com."),
            ("https://anaconda.com/api/v1/", "Set it to https://anaconda.com."),
            ("https://x.example.com/proxy/api/v1", "Set it to https://x.example.com/proxy."),
            ("https://anaconda.com/api/iam/token", "`token_path`"),
            ("https://anaconda.com/app/organizations/acme", "`organization_id`"),
        ] {
            let told = wrong(text).unwrap();
            assert!(told.contains(right) && told.contains("ANACONDA_BASE_URL"), "{text}: {told}");
        }
        for good in [
            "https://anaconda.com",
            "https://anaconda.com/",
            "https://x.org/api",
            "https://x.org/a/",
        ] {
            assert_eq!(wrong(good), None, "{good}");
        }
        let other = Attr::Known("/v2".to_owned());
        let setting = Setting::Argument("https://x.org/api/v1".to_owned());
        assert!(parsed(&setting, &other, &Attr::Null).is_ok(), "another path is appended");
    }
}

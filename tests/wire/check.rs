//! The command `check`: its results, its messages, and the values that it does not print.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use terraform_provider_anaconda::sandbox::{Dialect, Options};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::admin::Organization;
use crate::harness::Launch;

/// Exit code and output of a check.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) code: i32,
    pub(crate) text: String,
    pub(crate) errors: String,
}

impl Checked {
    /// Returns the lines that start with this mark, each with the advice below it.
    pub(crate) fn lines(&self, mark: &str) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut wanted = false;
        for line in self.text.lines() {
            match line.strip_prefix("  ") {
                Some(advice) if advice.starts_with("   ") => {
                    if let (true, Some(last)) = (wanted, lines.last_mut()) {
                        last.push_str(" | ");
                        last.push_str(advice.trim());
                    }
                }
                Some(found) => {
                    let found = found.strip_prefix(mark);
                    wanted = found.is_some();
                    lines.extend(found.map(|found| found.trim().to_owned()));
                }
                None => wanted = false,
            }
        }
        lines
    }

    /// Returns the only failed step, with its advice.
    fn failure(&self) -> String {
        let failed = self.lines("failed");
        assert_eq!((self.code, failed.len()), (1, 1), "{}", self.text);
        failed[0].clone()
    }
}

/// Runs the check with these environment variables and arguments.
pub(crate) async fn check(variables: &[(&str, &str)], arguments: &[&str]) -> Checked {
    let mut launch = Launch::from_shell().arg("check");
    for argument in arguments {
        launch = launch.arg(argument);
    }
    for (name, value) in variables {
        launch = launch.env(name, value);
    }
    let output = launch.output().await;
    Checked {
        code: output.status.code().unwrap(),
        text: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Returns the environment variables for a sandbox with the default credentials.
fn variables(url: &str) -> Vec<(&'static str, String)> {
    let all = Options::default();
    vec![
        ("ANACONDA_BASE_URL", url.to_owned()),
        ("ANACONDA_ORGANIZATION_ID", all.organization),
        ("ANACONDA_CLIENT_ID", all.client_id),
        ("ANACONDA_CLIENT_SECRET", all.client_secret),
        ("ANACONDA_ADMIN_USERNAME", all.admin_username),
        ("ANACONDA_ADMIN_PASSWORD", all.admin_password),
    ]
}

/// Checks a sandbox with the default credentials, except for those in `other`. An empty value means
/// unset.
async fn checked(url: &str, other: &[(&str, &str)], arguments: &[&str]) -> Checked {
    let usual = variables(url);
    let usual = usual.iter().map(|(name, value)| (*name, value.as_str()));
    let usual = usual.filter(|(name, _)| !other.iter().any(|(it, _)| it == name));
    let all: Vec<_> = usual.chain(other.iter().copied()).collect();
    check(&all, arguments).await
}

#[tokio::test]
async fn check_passes_every_step_without_writes() {
    let organization = Organization::start().await;
    let ada = organization.add_user("ada@example.com").await;
    organization.call("PATCH", &format!("users/{ada}"), json!({"seat": true})).await;
    let expires = json!({"expires_at": "2031-01-01T00:00:00Z"});
    organization.call("POST", &format!("users/{ada}/tokens"), expires).await;
    let checked = checked(&organization.url(), &[], &[]).await;
    assert_eq!((checked.code, checked.errors.as_str()), (0, ""), "{}", checked.text);
    for line in [
        "organization_id = \"sandbox\", from ANACONDA_ORGANIZATION_ID",
        "client_secret = (secret), from ANACONDA_CLIENT_SECRET",
        "no proxy",
        "responds at 127.0.0.1, over HTTP/1.1",
        "clocks of this machine and of the service agree",
        "service account: authenticated (client_credentials); an access token expires after 900 seconds",
        "organization admin: authenticated (password); an access token expires after 900 seconds",
        "current API (v1)",
        "2 users: 1 admin, 1 member; managed users: 0",
        "1 seat assigned; subscriptions: 1 commercial_subscription",
        "ada@example.com has 1 token, 0 of them revoked",
        "date `YYYY-MM-DDThh:mm:ss",
        "1 service account; \"configured\" is the configured one",
        "all responses have the documented format",
        "All steps passed.",
    ] {
        assert!(checked.text.contains(line), "{line}: {}", checked.text);
    }
    for request in organization.requests().await {
        let harmless = request.starts_with("GET ") || request == "POST /api/iam/token";
        assert!(harmless, "{request}");
    }
    // One request without credentials, two token requests, and three list requests.
    assert_eq!(organization.requests().await.len(), 6);
}

#[tokio::test]
async fn piped_check_output_has_no_colors_or_progress() {
    let organization = Organization::start().await;
    let checked = checked(&organization.url(), &[("TERM", "xterm-256color")], &[]).await;
    assert!(!checked.text.contains(['\u{1b}', '\r']), "{:?}", checked.text);
}

#[tokio::test]
async fn check_json_is_one_document() {
    let organization = Organization::start().await;
    let checked = checked(&organization.url(), &[], &["--json"]).await;
    let document: Value = serde_json::from_str(&checked.text).unwrap();
    assert_eq!(document["exit_code"], checked.code);
    assert_eq!(document["result"], "ok");
    let step = |name: &str| {
        let steps = document["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == name).unwrap().clone()
    };
    assert_eq!(step("users")["data"]["roles"], json!({"admin": 1}));
    assert_eq!(step("service_account")["data"]["expires_in"], 900);
    assert_eq!(step("api")["data"]["form"], "v1");
    assert!(!checked.text.contains("sandbox-client-secret"), "{}", checked.text);
}

#[tokio::test]
async fn check_flag_takes_precedence_and_rejects_secrets() {
    let organization = Organization::start().await;
    let here = organization.url();
    let flag = format!("--base-url={here}");
    let elsewhere = checked("http://127.0.0.1:9", &[], &[&flag]).await;
    assert_eq!(elsewhere.code, 0, "{}", elsewhere.text);
    assert!(elsewhere.text.contains("precedence over ANACONDA_BASE_URL"), "{}", elsewhere.text);
    let before = organization.requests().await.len();
    let refused = checked(&here, &[], &["--client-secret", "hunter2"]).await;
    assert_eq!((refused.code, refused.text.as_str()), (1, ""));
    assert!(refused.errors.contains("list of processes"), "{}", refused.errors);
    assert!(!refused.errors.contains("hunter2"), "{}", refused.errors);
    assert_eq!(organization.requests().await.len(), before);
}

#[tokio::test]
async fn check_distinguishes_wrong_credentials_by_kind() {
    let organization = Organization::start().await;
    for (variable, value, named, advised) in [
        ("ANACONDA_CLIENT_SECRET", "wrong-secret", "service account", "ANACONDA_CLIENT_SECRET"),
        ("ANACONDA_CLIENT_ID", "somebody-else", "service account", "ANACONDA_CLIENT_ID"),
        ("ANACONDA_ADMIN_PASSWORD", "wrong-pass", "organization admin", "ANACONDA_ADMIN_PASSWORD"),
        ("ANACONDA_CLIENT_SECRET", "", "service account", "ANACONDA_CLIENT_SECRET"),
        ("ANACONDA_ADMIN_USERNAME", "", "organization admin", "ANACONDA_ADMIN_USERNAME"),
    ] {
        let checked = checked(&organization.url(), &[(variable, value)], &[]).await;
        let failure = checked.failure();
        assert!(failure.contains(named) && failure.contains(advised), "{variable}: {failure}");
        assert!(!checked.text.contains("wrong-"), "{}", checked.text);
    }
}

#[tokio::test]
async fn check_names_argument_of_rejected_access_token() {
    let organization = Organization::start().await;
    let bearers = [
        ("ANACONDA_CLIENT_ID", ""),
        ("ANACONDA_CLIENT_SECRET", ""),
        ("ANACONDA_ACCESS_TOKEN", "made-elsewhere"),
    ];
    let checked = checked(&organization.url(), &bearers, &[]).await;
    assert!(checked.failure().contains("`access_token` (ANACONDA_ACCESS_TOKEN)"));
    assert!(!checked.text.contains("made-elsewhere"), "{}", checked.text);
}

#[tokio::test]
async fn check_names_missing_settings_with_advice() {
    let organization = Organization::start().await;
    let url = organization.url();
    let nothing = check(&[("ANACONDA_BASE_URL", &url)], &[]).await;
    assert_eq!(nothing.code, 1);
    for name in ["ANACONDA_ORGANIZATION_ID", "ANACONDA_CLIENT_ID", "ANACONDA_CLIENT_SECRET"] {
        assert!(nothing.text.contains(name), "{name}: {}", nothing.text);
    }
    let no_admin = [("ANACONDA_ADMIN_USERNAME", ""), ("ANACONDA_ADMIN_PASSWORD", "")];
    let no_admin = checked(&url, &no_admin, &[]).await;
    assert_eq!(no_admin.code, 0, "{}", no_admin.text);
    assert_eq!(no_admin.lines("skipped").len(), 2, "{}", no_admin.text);
    let only_admin = [("ANACONDA_CLIENT_ID", ""), ("ANACONDA_CLIENT_SECRET", "")];
    let only_admin = checked(&url, &only_admin, &[]).await;
    assert_eq!(only_admin.code, 2, "{}", only_admin.text);
}

#[tokio::test]
async fn check_names_wrong_organization_as_cause() {
    let organization = Organization::start().await;
    let other = [("ANACONDA_ORGANIZATION_ID", "somewhere-else")];
    let checked = checked(&organization.url(), &other, &[]).await;
    assert_eq!(checked.code, 1);
    let failed = checked.lines("failed");
    assert!(!failed.is_empty() && failed.iter().all(|it| it.contains("organization_id")));
}

#[tokio::test]
async fn check_accepts_legacy_api_with_remark() {
    let options = Options { dialect: Dialect::Guide, ..Options::default() };
    let organization = Organization::with(options).await;
    let checked = checked(&organization.url(), &[], &[]).await;
    assert_eq!(checked.code, 2, "{}", checked.text);
    let remarks = checked.lines("remark");
    assert!(remarks[0].contains("legacy API"), "{remarks:?}");
    assert!(remarks[0].contains("cannot detect changes"), "{remarks:?}");
    assert!(checked.text.contains("1 service account"), "{}", checked.text);
}

#[tokio::test]
async fn check_rejects_base_url_without_api() {
    let organization = Organization::start().await;
    let no_admin = [("ANACONDA_ADMIN_USERNAME", ""), ("ANACONDA_ADMIN_PASSWORD", "")];
    let checked = checked(&organization.url(), &no_admin, &["--api-path=/api/v9"]).await;
    let failure = checked.failure();
    assert!(failure.contains("no endpoint of the Anaconda API"), "{failure}");
    assert!(failure.contains("`api_path`"), "{failure}");
}

#[tokio::test]
async fn check_reports_unused_proxy_variable() {
    let junk = [("HTTPS_PROXY", "::junk::")];
    let told = checked("https://nobody.invalid", &junk, &[]).await;
    assert!(told.text.contains("although HTTPS_PROXY is set"), "{}", told.text);
    let exempt = [("HTTPS_PROXY", "http://proxy.invalid:3128"), ("NO_PROXY", ".invalid")];
    let told = checked("https://nobody.invalid", &exempt, &[]).await;
    assert!(told.text.contains("NO_PROXY excludes it"), "{}", told.text);
}

#[tokio::test]
async fn check_reports_clock_difference_as_remark() {
    let organization = Organization::start().await;
    let two_hours = json!({"clock_offset_seconds": 7200});
    organization.call("PATCH", "settings", two_hours).await;
    let checked = checked(&organization.url(), &[], &[]).await;
    assert_eq!(checked.code, 2, "{}", checked.text);
    let remarks = checked.lines("remark");
    assert!(remarks[0].contains("seconds behind the service"), "{remarks:?}");
    assert!(remarks[0].contains("NTP"), "{remarks:?}");
}

#[tokio::test]
async fn check_names_cause_of_unreachable_server() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", silent.local_addr().unwrap());
    drop(silent);
    let failure = checked(&closed, &[], &[]).await.failure();
    assert!(
        failure.contains("refused") && failure.contains("does not accept connections"),
        "{failure}"
    );

    let failure = checked("https://nobody.invalid", &[], &[]).await.failure();
    assert!(failure.contains("failed to resolve") && failure.contains("`base_url`"), "{failure}");

    let proxy = [("HTTPS_PROXY", &*closed.replace("//", "//me:hunter2@"))];
    let checked = checked("https://nobody.invalid", &proxy, &[]).await;
    let failure = checked.failure();
    assert!(failure.contains("The proxy 127.0.0.1"), "{failure}");
    assert!(checked.text.contains("from HTTPS_PROXY"), "{}", checked.text);
    assert!(!checked.text.contains("hunter2"), "{}", checked.text);
}

#[tokio::test]
async fn check_gives_up_on_silent_server() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let failure = checked(&url, &[], &["--request-timeout-seconds=1"]).await.failure();
    assert!(failure.contains("timed out"), "{failure}");
}

/// Starts a TLS server that returns an error response. Returns its URL and its certificate.
async fn tls(name: &str, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    use rustls::ServerConfig;
    use rustls::crypto::aws_lc_rs::default_provider;
    use rustls::pki_types::PrivateKeyDer;

    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    let der = certificate.der().clone();
    let config = ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let body = r#"{"detail": "Not authenticated"}"#;
            let length = body.len();
            let head = "HTTP/1.1 401 No\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let answer = format!("{head}content-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    let lines = STANDARD.encode(&der);
    (url, format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"))
}

#[tokio::test]
async fn check_explains_untrusted_certificate_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let trust = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (url, pem) = tls("localhost", |_| {}).await;
    let failure = checked(&url, &[], &[]).await.failure();
    assert!(failure.contains("UnknownIssuer"), "{failure}");
    assert!(failure.contains("ANACONDA_CA_CERT_FILE"), "{failure}");

    let path = trust("own.pem", &pem);
    let checked_with = checked(&url, &[("ANACONDA_CA_CERT_FILE", &path)], &[]).await;
    let trusted = "is trusted, with the configured CA certificates";
    assert!(checked_with.text.contains(trusted), "{}", checked_with.text);

    let (url, pem) = tls("elsewhere.example.com", |_| {}).await;
    let path = trust("name.pem", &pem);
    let failure = checked(&url, &[("ANACONDA_CA_CERT_FILE", &path)], &[]).await.failure();
    assert!(failure.contains("belongs to another host"), "{failure}");

    let last_year = |params: &mut CertificateParams| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    };
    let (url, pem) = tls("localhost", last_year).await;
    let path = trust("old.pem", &pem);
    let failure = checked(&url, &[("ANACONDA_CA_CERT_FILE", &path)], &[]).await.failure();
    assert!(failure.contains("has expired"), "{failure}");

    let (_, plain) = (0, Organization::start().await);
    let url = plain.url().replace("http://127.0.0.1", "https://localhost");
    let failure = checked(&url, &[], &[]).await.failure();
    assert!(failure.contains("supports https"), "{failure}");
}

/// Collects all texts in a document, except the API's own terms.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !["role", "dialect", "kind"].contains(&name.as_str()))
            .for_each(|(_, value)| texts(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn check_report_contains_no_secrets_or_ids() {
    let organization = Organization::start().await;
    for (number, first) in ["Ada", "Grace", "Katherine"].into_iter().enumerate() {
        let email = format!("{}.smith{number}@acme-rockets.example", first.to_lowercase());
        let id = organization.add_user(&email).await;
        let change = json!({"first_name": first, "last_name": "Lovelace-Smith", "seat": true});
        organization.call("PATCH", &format!("users/{id}"), change).await;
        let expires = json!({"expires_at": "2031-02-03T04:05:06Z"});
        organization.call("POST", &format!("users/{id}/tokens"), expires).await;
    }
    organization.call("POST", "service-accounts", json!({"name": "nightly-robot"})).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.md");
    let report = ["--report", path.to_str().unwrap()];
    let checked = checked(&organization.url(), &[], &report).await;
    assert_eq!(checked.code, 0, "{}", checked.text);
    assert!(checked.text.contains("/issues/new"), "{}", checked.text);
    let report = std::fs::read_to_string(&path).unwrap();
    let state = organization.call("GET", "state", Value::Null).await;
    let secrets = organization.call("GET", "secrets", Value::Null).await;
    let mut private = vec![organization.url(), organization.url().replace("http://", "")];
    texts(&state, &mut private);
    texts(&secrets, &mut private);
    assert!(private.len() > 30, "{private:?}");
    for text in private.iter().filter(|text| text.len() > 2) {
        // The organization of a sandbox has the name `sandbox`.
        assert!(!report.contains(text.as_str()), "{text}: {report}");
    }
    for written in ["`commercial_subscription`", "`admin`", "`content-type`", "UUID", "expires_at"]
    {
        assert!(report.contains(written), "{written}: {report}");
    }
    assert!(report.contains("list of 4 "), "{report}");
}

#[tokio::test]
async fn check_report_names_all_sandbox_deviations() {
    let options = Options { odd: "all".to_owned(), ..Options::default() };
    let organization = Organization::with(options).await;
    let ada = organization.add_user("ada@example.com").await;
    organization.call("PATCH", &format!("users/{ada}"), json!({"seat": true})).await;
    for year in [2030, 2031] {
        let expires = json!({"expires_at": format!("{year}-01-01T00:00:00Z")});
        organization.call("POST", &format!("users/{ada}/tokens"), expires).await;
    }
    organization.call("POST", "users", json!({"first_name": "Jupyter"})).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.md");
    let arguments = ["--report", path.to_str().unwrap()];
    let checked = checked(&organization.url(), &[], &arguments).await;
    assert_eq!(checked.code, 2, "{}", checked.text);
    let report = std::fs::read_to_string(&path).unwrap();
    for (oddity, told) in [
        ("bearers", "`auth_required`"),
        ("dates", "not an RFC 3339 timestamp"),
        ("dates", "`[].expires_at` is null"),
        ("ids", "UUID in capitals"),
        ("lists", "`users` is not documented"),
        ("marks", "JSON after a byte-order mark"),
        ("organization", "org_id: text: UUID"),
        ("people", "`users[].role` is `service_user`"),
        ("people", "`users[].last_seen` is not documented"),
        ("products", "`brand_new_product`, which is unknown and counts as a seat"),
        ("traces", "`cf-ray`"),
    ] {
        assert!(report.contains(told), "{oddity}: {told}: {report}");
    }
    assert!(!report.to_lowercase().contains(&ada.to_lowercase()), "{report}");
}

#[tokio::test]
async fn unwritable_check_report_is_failure() {
    let organization = Organization::start().await;
    let path = Path::new("/nowhere/at/all/report.md");
    let failure = checked(&organization.url(), &[], &["--report", path.to_str().unwrap()]).await;
    assert!(failure.failure().contains("failed to write"));
}

#[cfg(unix)]
#[tokio::test]
async fn check_command_in_guides_finds_program() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/getting-started.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let command = guide.lines().find_map(|line| line.strip_prefix("$ \"$(find")).unwrap();
    // The directory layout of Terraform, with the link that its plugin cache creates.
    let folder = tempfile::tempdir().unwrap();
    let (cache, version) = (folder.path().join("cache"), "terraform-provider-anaconda_v0.1.0");
    let place = folder.path().join(".terraform/providers/registry.terraform.io/anaconda-community");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::create_dir_all(&place).unwrap();
    let program = env!("CARGO_BIN_EXE_terraform-provider-anaconda");
    std::os::unix::fs::symlink(program, cache.join(version)).unwrap();
    std::os::unix::fs::symlink(&cache, place.join("linux_amd64")).unwrap();
    let output = tokio::process::Command::new("sh")
        .args(["-c", &format!("\"$(find{command} --help")])
        .current_dir(folder.path())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("--report FILE"), "{output:?}");
}

#[tokio::test]
async fn check_help_lists_command_and_arguments() {
    let output = Launch::from_shell().arg("--help").output().await;
    assert!(String::from_utf8(output.stdout).unwrap().contains("\n  check "));
    let help = check(&[], &["--help"]).await;
    assert_eq!(help.code, 0);
    for argument in ["--json", "--report FILE", "--base-url", "ANACONDA_CLIENT_SECRET"] {
        assert!(help.text.contains(argument), "{argument}: {}", help.text);
    }
    let unknown = check(&[], &["--verbose"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.errors.contains("--verbose") && unknown.errors.contains("check --help"));
}

//! `terraform-provider-anaconda check`: checks the settings and credentials, and reports the format
//! of the API responses.
//!
//! The command sends only authentication and GET requests, through the client of the provider. Two
//! components read each response: the client, as in a run of Terraform, and a recorder (`seen`)
//! that keeps the shape of the response.
//!
//! `arguments` and `settings` define what is checked. `network`, `credentials`, `organization`, and
//! `unexpected` are the steps, in this order. `finding` is the result of a step, and `output`
//! prints it. `shape` and `format` describe JSON without its values, `contract` lists what Anaconda
//! documents, and `names` decides which names can be written. `report` writes the file for a bug
//! report.

mod arguments;
mod contract;
mod credentials;
mod finding;
mod format;
mod names;
mod network;
mod organization;
mod output;
mod report;
mod seen;
mod settings;
mod shape;
mod unexpected;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use self::arguments::{Arguments, Wanted};
use self::finding::{Finding, Part};
use self::output::Output;
use self::seen::Recorder;
use self::settings::Origin;
use crate::client::{Credentials, Error, Grant, MissingSetting, Org, Settings};
use crate::provider;
use crate::provider_data::{ADMIN, RESPONSE, SERVICE_ACCOUNT};
use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::serve::Subcommand;

/// The `check` command, for [`About::commands`](crate::tf_provider::serve::About::commands).
pub const COMMAND: Subcommand = Subcommand {
    name: "check",
    purpose: "check the settings and credentials; see `check --help`",
    run,
};

/// The data that the steps share.
struct Check {
    org: Org,
    recorder: Arc<Recorder>,
    output: Output,
    /// The user whose tokens are listed.
    user: Option<String>,
    /// Whether the user requested a report, which needs an additional request.
    report: bool,
}

fn run(arguments: Vec<OsString>) -> ExitCode {
    match arguments::parse(arguments) {
        Ok(Wanted::Help) => {
            output::write(&format!("{}\n", arguments::help()));
            ExitCode::SUCCESS
        }
        Ok(Wanted::Check(arguments)) => match run_on_one_thread(arguments) {
            Ok(code) => ExitCode::from(code),
            Err(e) => print_error(&format!("failed to start: {e}")),
        },
        Err(wrong) => print_error(&wrong),
    }
}

fn print_error(text: &str) -> ExitCode {
    drop(writeln!(io::stderr(), "terraform-provider-anaconda check: {text}"));
    ExitCode::FAILURE
}

fn run_on_one_thread(arguments: Arguments) -> io::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(run_checks(arguments));
    // Do not let a pending name resolution delay the exit of the process.
    runtime.shutdown_background();
    Ok(code)
}

/// Runs all checks, and returns the exit code.
async fn run_checks(arguments: Arguments) -> u8 {
    let mut output = Output::new(arguments.json);
    let origins = settings::origins(&arguments.block);
    for origin in &origins {
        output.add(origin.finding());
    }
    let recorder = Arc::new(Recorder::default());
    let output = match prepare(&arguments, &recorder, &origins, &mut output) {
        Some((settings, org)) => {
            let report = arguments.report.is_some();
            let user = arguments.user.clone();
            let recorder = Arc::clone(&recorder);
            let mut check = Check { org, recorder, output, user, report };
            check.go(&settings).await;
            check.output
        }
        None => output,
    };
    finish(&arguments, output, &recorder, &origins)
}

/// Returns the settings and a client, or `None` after a finding that says what is wrong.
fn prepare(
    arguments: &Arguments,
    recorder: &Arc<Recorder>,
    origins: &[Origin],
    output: &mut Output,
) -> Option<(Facts, Org)> {
    let mut settings =
        match provider::settings(&settings::provider_block(&arguments.block), "check") {
            Ok(settings) => settings,
            Err(wrong) => {
                messages(&wrong).for_each(|(text, advice)| {
                    let step = "settings";
                    output
                        .add(Finding::failed(Part::Settings, step, "invalid", text).advise(advice));
                });
                return None;
            }
        };
    if !arguments.block.contains_key("max_retries") {
        // A user who waits for a diagnosis needs the failure, and not its retries.
        settings.max_retries = 1;
    }
    if !origins.iter().any(|origin| origin.name == "base_url") {
        let url = settings.base_url.as_str().trim_end_matches('/');
        let text = format!("base_url = \"{url}\", the default");
        output.add(Finding::ok(Part::Settings, "base_url", text));
    }
    if let Err(missing) = &settings.organization {
        let text = missing.summary.clone();
        let finding = Finding::failed(Part::Settings, "organization_id", "missing", text);
        output.add(finding.advise(missing.detail.clone()));
    }
    learn(recorder, &settings, origins);
    let facts = Facts::of(&settings, origins);
    match Org::with_observer(settings, Arc::<Recorder>::clone(recorder)) {
        Ok(org) => Some((facts, org)),
        Err(e) => {
            let (text, advice) = explained(e);
            output.add(Finding::failed(Part::Settings, "client", "invalid", text).advise(advice));
            None
        }
    }
}

/// Adds the values that the report must never contain.
fn learn(recorder: &Recorder, settings: &Settings, origins: &[Origin]) {
    let private = &mut recorder.seen().private;
    for origin in origins {
        match origin.value() {
            (secret, true) => private.learn(secret),
            (value, false) => private.learn_identity(value),
        }
    }
    for sign_in in [&settings.service_account, &settings.admin] {
        match sign_in {
            Ok(Credentials::Secret { secret, .. } | Credentials::AccessToken(secret)) => {
                private.learn(secret.expose());
            }
            Err(_) => {}
        }
    }
}

/// The settings that the steps need and that the client does not expose.
struct Facts {
    base_url: crate::client::Url,
    proxy_url: Option<crate::client::Url>,
    own_authorities: bool,
    organization: Option<String>,
    credentials: [Configured; 2],
}

/// The configuration of one grant.
struct Configured {
    grant: Grant,
    sign_in: Result<Credentials, MissingSetting>,
    /// Whether no argument of this grant is configured.
    absent: bool,
}

impl Facts {
    fn of(settings: &Settings, origins: &[Origin]) -> Self {
        let absent = |kind: &crate::provider_data::CredentialKind| {
            let names = [kind.id.0, kind.secret.0, kind.bearer.0];
            !origins.iter().any(|origin| names.contains(&origin.name))
        };
        Self {
            base_url: settings.base_url.clone(),
            proxy_url: settings.proxy_url.clone(),
            own_authorities: settings.ca_cert_pem.is_some(),
            organization: settings.organization.as_ref().ok().map(ToString::to_string),
            credentials: [
                Configured {
                    grant: Grant::ServiceAccount,
                    sign_in: settings.service_account.clone(),
                    absent: absent(&SERVICE_ACCOUNT),
                },
                Configured {
                    grant: Grant::Admin,
                    sign_in: settings.admin.clone(),
                    absent: absent(&ADMIN),
                },
            ],
        }
    }
}

impl Check {
    async fn go(&mut self, facts: &Facts) {
        if !self.network(facts).await {
            return;
        }
        let signed_in = self.credentials(&facts.credentials).await;
        if facts.organization.is_some() {
            self.organization(facts, signed_in).await;
        }
        self.unexpected();
    }
}

/// Writes the report if it was requested, prints the summary, and returns the exit code.
fn finish(
    arguments: &Arguments,
    mut output: Output,
    recorder: &Recorder,
    origins: &[Origin],
) -> u8 {
    let mut written = false;
    if let Some(path) = &arguments.report {
        let report = report::report(&output.findings, &recorder.seen(), origins);
        let finding = match std::fs::write(path, report) {
            Ok(()) => {
                written = true;
                let text = format!("report written to \"{}\"", path.display());
                let advice = format!(
                    "The report contains names, types, and counts, and no values. Read it, then attach it \
                     to an issue: {}",
                    report::ISSUES
                );
                Finding::ok(Part::Report, "report", text).advise(advice)
            }
            Err(e) => {
                let text = format!("failed to write \"{}\": {e}", path.display());
                Finding::failed(Part::Report, "report", "not_written", text)
                    .advise("Set `--report` to a path that you can write to.")
            }
        };
        output.add(finding);
    }
    output.end(written);
    output.exit_code()
}

/// Returns the provider's message about an error: what happened, and what to do.
fn explained(error: Error) -> (String, String) {
    messages(&Diagnostics::from(error)).next().unwrap_or_default()
}

fn messages(diagnostics: &Diagnostics) -> impl Iterator<Item = (String, String)> {
    diagnostics.iter().map(|it| {
        let (detail, response) = match it.detail.rsplit_once(&format!("\n\n{RESPONSE}")) {
            Some((detail, response)) => (detail, format!(" {RESPONSE}{response}")),
            None => (it.detail.as_str(), String::new()),
        };
        match detail.rsplit_once("\n\n") {
            Some((what, advice)) => {
                (format!("{}: {what}{response}", it.summary), advice.to_owned())
            }
            None => (format!("{}{response}", it.summary), detail.to_owned()),
        }
    })
}

/// Returns the fixed word for an error, for programs and the report.
fn code(error: &Error) -> &'static str {
    match error {
        Error::Unavailable(_) => "not_configured",
        Error::Setup { .. } => "setup",
        Error::Api { .. } => "refused",
        Error::SignIn { .. } => "sign_in_refused",
        Error::AccessTokenRefused { .. } => "access_token_refused",
        Error::Unreachable { .. } => "unreachable",
        Error::Unreadable { .. } => "unreadable",
        Error::TooLarge { .. } => "too_large",
        Error::EmptyOrganization => "no_users",
        Error::NoSuchListing { .. } => "no_such_list",
        _ => "failed",
    }
}

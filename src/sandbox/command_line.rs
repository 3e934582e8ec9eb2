//! The command line of `anaconda-sandbox`.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Options, dates, odd};

/// What `--help` says.
pub const HELP: &str = "\
Simulates the Anaconda Organization Management API for tests of Terraform modules.

Usage: anaconda-sandbox [OPTION]...

  --port N                  TCP port to listen on [any free port]
  --listen ADDR             IP address to listen on [127.0.0.1]
  --organization ID         ID of the organization [sandbox]
  --client-id ID            client ID of the initial service account
  --client-secret SECRET    client secret of the initial service account
  --admin-username EMAIL    email address of the organization admin [admin@example.com]
  --admin-password SECRET   password of the organization admin
  --seats N                 number of seats of the subscription [10]
  --dialect v1|guide        version of the API: v1, or guide for the legacy API [v1]
  --subscription-end DATE   subscription end date, such as 2026-12-31 or 2026-12-31T12:00:00Z
                            [2099-12-31]
  --onboarding-delay SECS   duration of an onboarding in seconds [0]
  --several-tokens          allow multiple active tokens per user
  --tokens-outlive-seats    keep the token of a user when the seat is unassigned
  --odd LIST                responses in an unusual format: all, or a list of bearers, dates, errors,
                            ids, lists, marks, organization, people, products, traces
  --listing-lag SECS        delay after which list responses show a change, in seconds, such as 0.5
                            [0]
  --requests-per-second N   rate limit, such as 2.5 [no limit]
  --state-file FILE         file that stores the organization between runs
  --help                    print this text
  --version                 print the version

The default credentials are public, and printed at the start. Do not use real credentials.
";

/// What to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Start a sandbox.
    Run(Box<Options>),
    /// Show [`HELP`].
    Help,
    /// Show the version.
    Version,
}

/// A command line that makes no sense. Never shows a value, as it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// No option has this name.
    #[error("unknown argument {0}")]
    Unknown(String),
    /// The option needs a value.
    #[error("{0} requires a value")]
    NoValue(String),
    /// The option takes no value.
    #[error("{0} does not accept a value")]
    ValueForFlag(String),
    /// The value does not fit.
    #[error("invalid value for {argument}: expected {expected}")]
    BadValue {
        /// The option.
        argument: String,
        /// What it wants.
        expected: &'static str,
    },
}

/// The options that take no value.
const FLAGS: [&str; 6] =
    ["--help", "-h", "--version", "-V", "--several-tokens", "--tokens-outlive-seats"];

/// Reads the arguments that follow the program's name. Values come as the next argument or after
/// a `=`; of an option given twice, the last counts.
///
/// # Errors
/// The first argument that is unknown, lacks its value, or has one that does not fit.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, UsageError> {
    let mut options = Options::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        if FLAGS.contains(&name.as_str()) {
            if inline.is_some() {
                return Err(UsageError::ValueForFlag(name));
            }
            match name.as_str() {
                "--help" | "-h" => return Ok(Command::Help),
                "--version" | "-V" => return Ok(Command::Version),
                "--several-tokens" => options.several_tokens = true,
                _ => options.tokens_outlive_seats = true,
            }
            continue;
        }
        let mut value = Value { inline, rest: &mut arguments, name: &name };
        set(&mut options, &mut value)?;
    }
    Ok(Command::Run(Box::new(options)))
}

fn set(options: &mut Options, value: &mut Value<'_>) -> Result<(), UsageError> {
    match value.name {
        "--port" => options.listen.set_port(value.parse("a port from 0 to 65535")?),
        "--listen" => {
            let address: IpAddr = value.parse("an IP address, such as 127.0.0.1")?;
            options.listen = SocketAddr::new(address, options.listen.port());
        }
        "--organization" => options.organization = value.text()?,
        "--client-id" => options.client_id = value.text()?,
        "--client-secret" => options.client_secret = value.text()?,
        "--admin-username" => options.admin_username = value.text()?,
        "--admin-password" => options.admin_password = value.text()?,
        "--seats" => options.seats = value.parse("a number of seats, 0 or more")?,
        "--dialect" => options.dialect = value.parse("v1 or guide")?,
        "--subscription-end" => {
            options.subscription_end =
                value.read("a date, such as 2026-12-31 or 2026-12-31T12:00:00Z", |text| {
                    dates::parse(text).or_else(|| {
                        let date: Date = text.parse().ok()?;
                        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
                    })
                })?;
        }
        "--onboarding-delay" => {
            options.onboarding_delay =
                Duration::from_secs(value.parse::<u32>("a whole number of seconds")?.into());
        }
        "--listing-lag" => {
            options.listing_lag = value.read("a number of seconds, such as 0.5", |text| {
                Duration::try_from_secs_f64(text.parse().ok()?).ok()
            })?;
        }
        "--requests-per-second" => {
            options.requests_per_second = Some(value.read("a number above 0", |text| {
                text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
            })?);
        }
        "--odd" => {
            options.odd = value
                .read("all, none, or a list of words from --help, such as dates,ids", |text| {
                    odd::parse(text).map(|_| text.to_owned())
                })?;
        }
        "--state-file" => options.state_file = Some(value.text()?.into()),
        unknown => return Err(UsageError::Unknown(unknown.to_owned())),
    }
    Ok(())
}

/// The value of one option, not taken yet.
struct Value<'a> {
    inline: Option<String>,
    rest: &'a mut dyn Iterator<Item = String>,
    name: &'a str,
}

impl Value<'_> {
    /// Any text but the empty one.
    fn text(&mut self) -> Result<String, UsageError> {
        let value = self.inline.take().or_else(|| self.rest.next());
        value
            .filter(|text| !text.is_empty())
            .ok_or_else(|| UsageError::NoValue(self.name.to_owned()))
    }

    fn parse<T: FromStr>(&mut self, expected: &'static str) -> Result<T, UsageError> {
        self.read(expected, |text| text.parse().ok())
    }

    fn read<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, UsageError> {
        let text = self.text()?;
        read(&text).ok_or_else(|| UsageError::BadValue { argument: self.name.to_owned(), expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Dialect;

    fn options(arguments: &str) -> Options {
        match parse(arguments.split_whitespace().map(str::to_owned)) {
            Ok(Command::Run(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    fn error(arguments: &str) -> String {
        parse(arguments.split_whitespace().map(str::to_owned)).unwrap_err().to_string()
    }

    #[test]
    fn every_command_line_option_is_applied() {
        let options = options(
            "--port 8080 --listen=::1 --organization acme --client-id c --client-secret s=t \
             --admin-username a@b.co --admin-password p --seats 3 --dialect guide \
             --subscription-end 2027-01-31 --onboarding-delay 5 --several-tokens --state-file f \
             --listing-lag 0.5 --requests-per-second=2.5 --tokens-outlive-seats --odd dates,ids",
        );
        assert_eq!(options.listen, "[::1]:8080".parse().unwrap());
        assert_eq!(options.organization, "acme");
        assert_eq!((options.client_id.as_str(), options.client_secret.as_str()), ("c", "s=t"));
        assert_eq!((&*options.admin_username, &*options.admin_password), ("a@b.co", "p"));
        assert_eq!((options.seats, options.dialect), (3, Dialect::Guide));
        assert_eq!(options.subscription_end.to_string(), "2027-01-31T00:00:00Z");
        assert_eq!(options.onboarding_delay, Duration::from_secs(5));
        assert_eq!(options.listing_lag, Duration::from_millis(500));
        assert_eq!(options.requests_per_second, Some(2.5));
        assert!(options.several_tokens && options.tokens_outlive_seats);
        assert_eq!(options.odd, "dates,ids");
        assert_eq!(options.state_file, Some("f".into()));
    }

    #[test]
    fn missing_options_use_their_defaults() {
        assert_eq!(options("").listen, Options::default().listen);
        assert_eq!(options("").state_file, None);
    }

    #[test]
    fn errors_name_argument_but_not_value() {
        assert_eq!(error("--sets 3"), "unknown argument --sets");
        assert_eq!(error("stray"), "unknown argument stray");
        assert_eq!(error("--seats"), "--seats requires a value");
        assert_eq!(error("--client-secret="), "--client-secret requires a value");
        assert_eq!(error("--several-tokens=yes"), "--several-tokens does not accept a value");
        assert_eq!(
            error("--seats -1"),
            "invalid value for --seats: expected a number of seats, 0 or more"
        );
        assert_eq!(error("--dialect v2"), "invalid value for --dialect: expected v1 or guide");
        for rate in ["0", "-1", "nan", "inf"] {
            let error = error(&format!("--requests-per-second {rate}"));
            assert_eq!(error, "invalid value for --requests-per-second: expected a number above 0");
        }
        assert!(error("--odd even").contains("dates,ids"));
        assert!(odd::KINDS.iter().all(|(word, _)| HELP.contains(word)));
        assert!(error("--subscription-end soon").contains("2026-12-31"));
        assert!(!error("--clientsecret=hunter2").contains("hunter2"));
    }

    #[test]
    fn help_text_mentions_every_option() {
        let names = "port listen organization client-id client-secret seats listing-lag \
                     requests-per-second";
        for name in names.split_whitespace() {
            assert!(HELP.contains(&format!("--{name} ")), "{name}");
        }
        assert!(matches!(parse(["--help".to_owned()]), Ok(Command::Help)));
        assert!(matches!(parse(["--version".to_owned()]), Ok(Command::Version)));
    }
}

//! Selects the programs that a test runs on.
//!
//! A test never names a version. It names the features that it needs from a program (`needs.rs`),
//! and whether it runs on each series.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{LazyLock, Once};
use std::{env, thread};

use tokio::runtime::Builder;
use tokio::sync::Mutex;

use crate::cli::{Cli, CliError, Product};
use crate::needs::Need;

/// A program that tests can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Program {
    /// The Terraform of a series, such as `1.15`.
    Terraform(&'static str),
    /// The version of OpenTofu that `acceptance/opentofu/go.mod` names.
    OpenTofu,
}

use Program::{OpenTofu, Terraform};

/// Oldest Terraform. By default, all tests run on it and on [`NEWEST`]. In CI, they also run on
/// OpenTofu.
pub(crate) const OLDEST: Program = Terraform("1.0");
const NEWEST: Program = Terraform("1.15");
/// Series between the oldest and the newest on which a plain `cargo test` runs the chosen tests.
pub(crate) const MIDDLE: Program = Terraform("1.12");
/// Tested series between the oldest and the newest.
const BETWEEN: [Program; 8] = [
    Terraform("1.6"),
    Terraform("1.8"),
    Terraform("1.9"),
    Terraform("1.10"),
    Terraform("1.11"),
    MIDDLE,
    Terraform("1.13"),
    Terraform("1.14"),
];

/// Share of the tests that run on a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    Nothing,
    /// Tests that are declared in `each_series`.
    Chosen,
    All,
}

/// Programs of a run, as selected by environment variables.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// `TF_CLI_PATH`: all tests run on this program instead of the newest Terraform, and on no
    /// other.
    Named,
    /// `ANACONDA_ACC_ON`, such as `1.8,opentofu` or `all`: all tests run on these programs only.
    Asked(Vec<Program>),
    /// `CI=true`: all tests run on the oldest Terraform, the newest Terraform, and OpenTofu. The
    /// chosen tests run on each series between.
    Ci,
    /// All tests run on the oldest and the newest Terraform. The chosen tests run on one series
    /// between.
    Usual,
}

static WANTED: LazyLock<Wanted> = LazyLock::new(|| {
    Wanted::new(|name| env::var(name).ok()).unwrap_or_else(|unknown| {
        let known = every().map(Program::key).collect::<Vec<_>>().join(", ");
        panic!("ANACONDA_ACC_ON names {unknown:?}. These are known: {known}, all")
    })
});

/// Returns all programs, starting with the oldest.
fn every() -> impl Iterator<Item = Program> {
    [OLDEST].into_iter().chain(BETWEEN).chain([NEWEST, OpenTofu])
}

impl Wanted {
    fn new(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        if variable("TF_CLI_PATH").is_some() {
            return Ok(Self::Named);
        }
        match variable("ANACONDA_ACC_ON").as_deref() {
            None | Some("") if variable("CI").as_deref() == Some("true") => Ok(Self::Ci),
            None | Some("") => Ok(Self::Usual),
            Some("all") => Ok(Self::Asked(every().collect())),
            Some(keys) => {
                let find =
                    |key: &str| every().find(|it| it.key() == key).ok_or_else(|| key.to_owned());
                keys.split(',').map(str::trim).map(find).collect::<Result<_, _>>().map(Self::Asked)
            }
        }
    }

    fn share(&self, program: Program) -> Share {
        match self {
            Self::Named if program == NEWEST => Share::All,
            Self::Asked(programs) if programs.contains(&program) => Share::All,
            Self::Ci | Self::Usual if [OLDEST, NEWEST].contains(&program) => Share::All,
            Self::Ci if program == OpenTofu => Share::All,
            Self::Ci => Share::Chosen,
            Self::Usual if program == MIDDLE => Share::Chosen,
            Self::Named | Self::Asked(_) | Self::Usual => Share::Nothing,
        }
    }
}

impl Program {
    /// Returns the name of the program for `ANACONDA_ACC_ON` and `acceptance/fetch_cli.py`.
    fn key(self) -> &'static str {
        match self {
            Terraform(series) => series,
            OpenTofu => "opentofu",
        }
    }

    /// Returns the program. Fetches or builds it if missing, and reads its version once for all
    /// tests.
    ///
    /// # Panics
    /// Panics if the program is not available or does not work, because a skipped test protects
    /// nothing.
    async fn cli(self) -> Cli {
        static KNOWN: LazyLock<Mutex<HashMap<Program, Cli>>> = LazyLock::new(Mutex::default);
        let mut known = KNOWN.lock().await;
        if let Some(cli) = known.get(&self) {
            return cli.clone();
        }
        let cli = self.find().await.unwrap_or_else(|e| panic!("{e}"));
        known.insert(self, cli.clone());
        cli
    }

    async fn find(self) -> Result<Cli, CliError> {
        match self {
            Terraform(series) => Cli::fetched(series, &target()).await,
            OpenTofu => match Cli::installed("tofu").await? {
                Some(cli) => Ok(cli),
                None => Cli::built("opentofu", "tofu", &target()).await,
            },
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Terraform(series) => write!(f, "Terraform {series}"),
            OpenTofu => f.write_str("OpenTofu"),
        }
    }
}

/// Returns the build directory. This test program is in `target/<profile>/deps`.
fn target() -> PathBuf {
    let here = env::current_exe().unwrap();
    here.ancestors().nth(3).map(Path::to_path_buf).unwrap()
}

impl Cli {
    /// Returns the full provider address that this program derives from
    /// `anaconda-community/anaconda`.
    pub(crate) fn provider_address(&self) -> &'static str {
        match self.product {
            Product::Terraform => "registry.terraform.io/anaconda-community/anaconda",
            Product::OpenTofu => "registry.opentofu.org/anaconda-community/anaconda",
        }
    }
}

/// A test that a file declares with [`on_clis`].
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: &'static str,
    /// Features that the test needs from a program.
    pub(crate) needs: &'static [Need],
    /// Whether the test is declared in `each_series`.
    pub(crate) is_chosen: bool,
    pub(crate) test: fn(Cli) -> Pin<Box<dyn Future<Output = ()>>>,
}

impl Declared {
    /// Runs the test on the program with this key, if the run includes it. The key `between` stands
    /// for each series between the oldest and the newest that runs all tests.
    pub(crate) fn run(&self, key: &str) {
        let Some(program) = every().find(|it| it.key() == key) else {
            assert_eq!(key, "between");
            let asked = BETWEEN.into_iter().filter(|it| WANTED.share(*it) == Share::All);
            return asked.for_each(|program| self.run_on(program));
        };
        match WANTED.share(program) {
            Share::All => self.run_on(program),
            Share::Chosen if self.is_chosen => self.run_on(program),
            Share::Chosen => {}
            Share::Nothing => tell_what_is_left_out(),
        }
    }

    fn run_on(&self, program: Program) {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let named = Cli::from_environment().await.unwrap_or_else(|e| panic!("{e}"));
            let is_named = named.is_some();
            let cli = match named {
                Some(cli) => cli,
                None => program.cli().await,
            };
            match self.needs.iter().find(|need| !need.is_met_by(&cli)) {
                None => (self.test)(cli).await,
                Some(lacking) => {
                    let said = format!("skipped: {}: {}", self.name, lacking.lacked_by(&cli));
                    // The table in `needs.rs` already shows what the known programs lack.
                    if is_named { tell(&said) } else { eprintln!("{said}") }
                }
            }
        });
    }
}

/// Returns a second program, for a test that needs two. If the run names a program and no other one
/// is available, prints a message and returns `None`.
///
/// # Panics
/// Panics if the program is not available and the run names no program.
pub(crate) async fn second(program: Program) -> Option<Cli> {
    if *WANTED != Wanted::Named {
        return Some(program.cli().await);
    }
    match program.find().await {
        Ok(cli) => Some(cli),
        Err(e) => {
            let test = thread::current().name().unwrap_or_default().to_owned();
            tell(&format!("skipped: {test}: there is no second program: {e}"));
            None
        }
    }
}

/// Prints once which programs a run leaves out.
fn tell_what_is_left_out() {
    static TOLD: Once = Once::new();
    if matches!(*WANTED, Wanted::Named | Wanted::Asked(_)) {
        return;
    }
    TOLD.call_once(|| {
        let left_out = every().filter(|program| WANTED.share(*program) == Share::Nothing);
        let left_out = left_out.map(|program| program.to_string()).collect::<Vec<_>>().join(", ");
        tell(&format!(
            "\nNot run: {left_out}. With CI=true the chosen tests run on these Terraforms, and \
             all on OpenTofu, which needs Go. With ANACONDA_ACC_ON=all everything runs on all.\n"
        ));
    });
}

/// Prints a line that is visible even if the test passes.
fn tell(line: &str) {
    // If standard error is closed, the line is not needed.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Declares each test once for each program, so that the test list shows which test ran on which
/// program: `service_account::terraform_1_15::invalid_account_name_is_rejected_in_plan`.
///
/// - `each_series`: the chosen tests, for behavior that differs between series. They run on every
///   program.
/// - `oldest_and_newest`: all other tests. They run on the oldest and the newest Terraform and on
///   OpenTofu.
///
/// If some programs cannot run a test, the test names the features that it needs, as in `needs.rs`:
/// `import_block_imports_existing_member needs [IMPORT_BLOCKS]`. CONTRIBUTING.md lists the programs
/// of each kind of run. Each test is an ordinary `async fn name(cli: Cli)`.
macro_rules! on_clis {
    (each_series: [$($each:tt)*], oldest_and_newest: [$($other:tt)*] $(,)?) => {
        $crate::clis::on_clis!(@ terraform_1_0, "1.0", true [$($each)*] false [$($other)*]);
        $crate::clis::on_clis!(@ terraform_1_6, "1.6", true [$($each)*]);
        $crate::clis::on_clis!(@ terraform_1_8, "1.8", true [$($each)*]);
        $crate::clis::on_clis!(@ terraform_1_9, "1.9", true [$($each)*]);
        $crate::clis::on_clis!(@ terraform_1_10, "1.10", true [$($each)*]);
        $crate::clis::on_clis!(@ terraform_1_11, "1.11", true [$($each)*]);
        $crate::clis::on_clis!(@ terraform_1_12, "1.12", true [$($each)*]);
        $crate::clis::on_clis!(@ terraform_1_13, "1.13", true [$($each)*]);
        $crate::clis::on_clis!(@ terraform_1_14, "1.14", true [$($each)*]);
        $crate::clis::on_clis!(@ terraform_between, "between", false [$($other)*]);
        $crate::clis::on_clis!(@ terraform_1_15, "1.15", true [$($each)*] false [$($other)*]);
        $crate::clis::on_clis!(@ opentofu, "opentofu", true [$($each)*] false [$($other)*]);
    };
    (
        @ $module:ident, $key:literal,
        $($is_chosen:literal [$($name:ident $(needs [$($need:ident),* $(,)?])?),* $(,)?])*
    ) => {
        mod $module {
            $($(
                #[test]
                fn $name() {
                    let declared = $crate::clis::Declared {
                        name: concat!(module_path!(), "::", stringify!($name)),
                        needs: &[$($($crate::needs::$need),*)?],
                        is_chosen: $is_chosen,
                        test: |cli| Box::pin(super::$name(cli)),
                    };
                    declared.run($key);
                }
            )*)*
        }
    };
}

pub(crate) use on_clis;

#[test]
fn environment_variables_select_programs_and_tests() {
    let wanted = |variables: &[(&str, &str)]| {
        let find = |name: &str| variables.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        Wanted::new(find)
    };
    assert_eq!(wanted(&[]), Ok(Wanted::Usual));
    assert_eq!(wanted(&[("CI", "true")]), Ok(Wanted::Ci));
    assert_eq!(wanted(&[("CI", "true"), ("TF_CLI_PATH", "/bin/tofu")]), Ok(Wanted::Named));
    let asked = vec![Terraform("1.8"), OpenTofu];
    let both = [("CI", "true"), ("ANACONDA_ACC_ON", "1.8, opentofu")];
    assert_eq!(wanted(&both), Ok(Wanted::Asked(asked)));
    assert_eq!(wanted(&[("ANACONDA_ACC_ON", "1.7")]), Err("1.7".to_owned()));

    let on = |wanted: &Wanted, share| every().filter(|it| wanted.share(*it) == share).count();
    assert_eq!([Share::All, Share::Chosen].map(|it| on(&Wanted::Usual, it)), [2, 1]);
    assert_eq!([Share::All, Share::Chosen].map(|it| on(&Wanted::Ci, it)), [3, 8]);
    let all = wanted(&[("ANACONDA_ACC_ON", "all")]).unwrap();
    assert_eq!([Share::All, Share::Chosen].map(|it| on(&all, it)), [11, 0]);
}

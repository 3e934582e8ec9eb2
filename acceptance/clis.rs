//! Which programs a test runs on, and how a test says so.
//!
//! A test never names a version. It says what it needs of a program's language (`needs.rs`), and
//! whether it belongs to the chosen ones that run on each series.

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

/// A program that tests know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Program {
    /// The Terraform of a series, as in `1.15`.
    Terraform(&'static str),
    /// The one version of OpenTofu that `acceptance/opentofu/go.mod` names.
    OpenTofu,
}

use Program::{OpenTofu, Terraform};

/// All tests run on this one, on [`NEWEST`] and on OpenTofu.
pub(crate) const OLDEST: Program = Terraform("1.0");
const NEWEST: Program = Terraform("1.15");
/// The one of the series between that a plain `cargo test` runs the chosen tests on.
pub(crate) const MIDDLE: Program = Terraform("1.12");
/// The series between.
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

/// How many of the tests a program gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    Nothing,
    /// Those that are declared in `each_series`.
    Chosen,
    All,
}

/// The programs that a run is for, by its variables.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// `TF_CLI_PATH`: that program alone, in place of the newest, gets all tests.
    Named,
    /// `ANACONDA_ACC_ON`, as in `1.8,opentofu` or `all`: these programs get all tests, others none.
    Asked(Vec<Program>),
    /// `CI=true`: the oldest, the newest and OpenTofu get all tests, each series between the
    /// chosen ones.
    Ci,
    /// The oldest and the newest get all tests, one series between the chosen ones.
    Usual,
}

static WANTED: LazyLock<Wanted> = LazyLock::new(|| {
    Wanted::new(|name| env::var(name).ok()).unwrap_or_else(|unknown| {
        let known = every().map(Program::key).collect::<Vec<_>>().join(", ");
        panic!("ANACONDA_ACC_ON names {unknown:?}. These are known: {known}, all")
    })
});

/// All programs, the oldest first.
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
    /// How `ANACONDA_ACC_ON` and `acceptance/fetch_cli.py` name it.
    fn key(self) -> &'static str {
        match self {
            Terraform(series) => series,
            OpenTofu => "opentofu",
        }
    }

    /// The program itself: fetched or built when it is not there yet, and asked for its version
    /// once in all tests.
    ///
    /// # Panics
    /// When it cannot be had, or does not work: a test that does not run protects nothing.
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

/// The directory that all built things go to: this test program is in `target/<profile>/deps`.
fn target() -> PathBuf {
    let here = env::current_exe().unwrap();
    here.ancestors().nth(3).map(Path::to_path_buf).unwrap()
}

impl Cli {
    /// The whole name of our provider, as this program makes it of `anaconda-community/anaconda`.
    pub(crate) fn provider_address(&self) -> &'static str {
        match self.product {
            Product::Terraform => "registry.terraform.io/anaconda-community/anaconda",
            Product::OpenTofu => "registry.opentofu.org/anaconda-community/anaconda",
        }
    }
}

/// A test, as its file declares it with [`on_clis`].
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: &'static str,
    /// What a program must have for it.
    pub(crate) needs: &'static [Need],
    /// Whether it is one of the chosen ones.
    pub(crate) is_chosen: bool,
    pub(crate) test: fn(Cli) -> Pin<Box<dyn Future<Output = ()>>>,
}

impl Declared {
    /// Runs on the program of this key, if the run wants that; with the key `between` on each
    /// series between that gets all tests.
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
                    // What our own programs lack is in the table already.
                    if is_named { tell(&said) } else { eprintln!("{said}") }
                }
            }
        });
    }
}

/// A second program, for a test that needs two. `None`, with a word, where the run names a program
/// and no other is to be had.
///
/// # Panics
/// When it cannot be had and the run names no program.
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

/// Says what a run leaves out, once.
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

/// Prints a line that shows although the test passes.
fn tell(line: &str) {
    // Whoever closed the output does not want the line.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Declares each named test once for each program, so that the list of tests says what ran where:
/// `service_account::terraform_1_15::a_name_of_capitals_is_refused_by_the_plan`.
///
/// - `each_series`: the chosen tests, for what differs from one series to another. They run on
///   every program;
/// - `oldest_and_newest`: all others. They run on the oldest and the newest Terraform and on
///   OpenTofu.
///
/// A test that not every program can run says what it needs, in the words of `needs.rs`:
/// `import_block_imports_existing_member needs [IMPORT_BLOCKS]`. Which programs a run has is said in
/// CONTRIBUTING.md. The tests themselves are ordinary `async fn name(cli: Cli)`.
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

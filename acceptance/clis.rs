//! Which programs a test runs on, and how a test says so.

use std::env;
use std::path::{Path, PathBuf};

use crate::cli::Cli;

/// The Terraform of a series, as in `1.11`; `None` with a word on stderr where there is none.
///
/// With `TF_CLI_PATH`, that program stands in for the newest series, and the others do not run:
/// this is how one tests with OpenTofu, or with a Terraform of one's own.
///
/// # Panics
/// When a program is there but does not work, and in CI (`CI=true`) also when there is none:
/// a test that silently does not run protects nothing.
pub(crate) async fn terraform(series: &str) -> Option<Cli> {
    let found = match Cli::named().await.unwrap_or_else(|e| panic!("{e}")) {
        Some(cli) => (series == "1.15").then_some(cli).ok_or("TF_CLI_PATH names another program"),
        None if series == "1.11" => installed_1_11()
            .await
            .ok_or("it cannot be fetched, and the terraform on the PATH is another one, or none"),
        None => match Cli::fetched(series, &target()).await {
            Ok(cli) => Ok(cli),
            Err(e) => panic!("{e}"),
        },
    };
    match found {
        Ok(cli) => Some(cli),
        Err(why) => {
            let named = env::var_os("TF_CLI_PATH").is_some();
            let in_ci = env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(named || !in_ci, "Terraform {series} is missing: {why}");
            eprintln!("skipped: no Terraform {series} here: {why}");
            None
        }
    }
}

async fn installed_1_11() -> Option<Cli> {
    let cli = Cli::installed("terraform").await.unwrap_or_else(|e| panic!("{e}"))?;
    cli.version().starts_with("1.11.").then_some(cli)
}

/// The directory that all built things go to: this test program is in `target/<profile>/deps`.
fn target() -> PathBuf {
    let here = env::current_exe().unwrap();
    here.ancestors().nth(3).map(Path::to_path_buf).unwrap()
}

/// Declares each named test once for each program, so that the list of tests says what ran where:
/// `service_account::terraform_1_15::a_name_of_capitals_is_refused_by_the_plan`.
///
/// - `every`: Terraform 1.0, 1.11 and 1.15, for what the oldest must do as well;
/// - `modern`: 1.11 and 1.15;
/// - `newest`: 1.15 alone, where the program makes no difference to what is tested.
///
/// The tests themselves are ordinary `async fn name(cli: Cli)`.
macro_rules! on_clis {
    (every: [$($every:ident),* $(,)?], modern: [$($modern:ident),* $(,)?], newest: [$($newest:ident),* $(,)?] $(,)?) => {
        $crate::clis::on_clis!(@ terraform_1_0, "1.0", [$($every),*]);
        $crate::clis::on_clis!(@ terraform_1_11, "1.11", [$($every,)* $($modern),*]);
        $crate::clis::on_clis!(@ terraform_1_15, "1.15", [$($every,)* $($modern,)* $($newest),*]);
    };
    (@ $module:ident, $series:literal, [$($name:ident),* $(,)?]) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(cli) = $crate::clis::terraform($series).await {
                        super::$name(cli).await;
                    }
                }
            )*
        }
    };
}

pub(crate) use on_clis;

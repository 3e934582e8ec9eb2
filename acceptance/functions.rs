//! `provider::anaconda::normalize_email`.

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::TestEnv;
use crate::hcl::resource;
use crate::needs::FUNCTIONS_IN_CONSOLE;

on_clis! {
    each_series: [
        normalize_function_merges_email_spellings needs [FUNCTIONS],
        function_error_points_at_argument needs [FUNCTIONS],
    ],
    oldest_and_newest: [],
}

fn normalized(argument: &str) -> String {
    format!("provider::anaconda::normalize_email({argument})")
}

async fn normalize_function_merges_email_spellings(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let typed = "[\"Ada@Example.com \", \"ada@example.COM\", \"grace@example.com\"]";
    let people = resource(
        "user",
        "people",
        &format!(
            "for_each = toset([for typed in {typed} : {}])\nemail = each.key",
            normalized("typed")
        ),
    );
    let plan = w.apply(&people).await;
    let made: Vec<_> = plan.actions().into_keys().collect();
    let key = |email: &str| format!("anaconda_user.people[\"{email}\"]");
    assert_eq!(made, [key("ada@example.com"), key("grace@example.com")]);
    let (answer, _) = w.console(&normalized("\" ADA@example.com\"")).await;
    // The console of OpenTofu stops every provider before it calls a function.
    let answers = FUNCTIONS_IN_CONSOLE.is_met_by(&cli);
    assert_eq!(answer.contains("\"ada@example.com\""), answers, "{answer}");
    w.destroy().await;
}

async fn function_error_points_at_argument(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let careless = format!("output \"it\" {{\n  value = {}\n}}\n", normalized("\"ada\""));
    let refusal = w.plan_err(&careless).await;
    assert!(refusal.contains("Invalid value for \"email\" parameter"), "{refusal}");
    assert!(refusal.contains("\"ada\" is not a valid email address"), "{refusal}");
    let nothing = careless.replace("\"ada\"", "null");
    let refusal = w.plan_err(&nothing).await;
    assert!(refusal.contains("must not be null"), "{refusal}");
    assert!(w.sandbox().requests().await.is_empty());
    w.destroy().await;
}

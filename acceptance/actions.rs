//! Actions: operations that a trigger or the user invokes once, and that leave nothing in the
//! state.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, END, TOKEN, USER, ada_with_token};

on_clis! {
    each_series: [
        action_invites_users_after_resource_creation needs [ACTIONS],
        action_offboards_user_on_request needs [ACTIONS],
    ],
    oldest_and_newest: [
        failed_action_keeps_created_resources needs [ACTIONS],
        offboarding_of_non_member_changes_nothing needs [ACTIONS],
        last_admin_offboarding_is_rejected needs [ACTIONS],
        leaked_token_is_revoked_and_issued_again needs [ACTIONS],
        action_trigger_renews_token needs [ACTIONS],
        action_renews_token_to_date_or_subscription_end needs [ACTIONS],
        renewal_without_active_token_is_rejected needs [ACTIONS],
        invalid_action_is_rejected_before_any_change needs [ACTIONS],
        unknown_action_values_are_checked_before_any_change needs [ACTIONS],
        plan_shows_action_before_invocation needs [ACTIONS],
    ],
}

/// Returns an action called `it` with these arguments.
fn action(kind: &str, arguments: &str) -> String {
    format!("action \"anaconda_{kind}\" \"it\" {{\n  config {{\n{arguments}\n  }}\n}}\n")
}

/// Returns a resource that invokes the action `it` of this kind after the event.
fn trigger(event: &str, kind: &str, input: &str) -> String {
    format!(
        "resource \"terraform_data\" \"trigger\" {{\n  input = {input}\n  lifecycle {{\n    \
         action_trigger {{\n      events  = [{event}]\n      \
         actions = [action.anaconda_{kind}.it]\n    }}\n  }}\n}}\n"
    )
}

/// Invokes the action `it` of this kind and returns the output.
async fn invoke(w: &mut TestEnv, kind: &str) -> String {
    let action = format!("-invoke=action.anaconda_{kind}.it");
    w.command(&["apply", "-auto-approve", &action]).await
}

/// Like [`invoke`], but expects an error.
async fn invoke_err(w: &mut TestEnv, kind: &str) -> String {
    let action = format!("-invoke=action.anaconda_{kind}.it");
    w.command_err(&["apply", "-auto-approve", &action]).await
}

async fn action_invites_users_after_resource_creation(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"accounts": ["grace@example.com"]})).await;
    let emails = "emails = [\"ada@example.com\", \"linus@example.com\", \"grace@example.com\"]";
    let trigger = trigger("after_create", "onboard_users", "1");
    let hcl = [trigger, action("onboard_users", emails)].concat();
    let (_, said) = w.apply_unchecked(&hcl).await;
    for line in [
        "Inviting 3 people",
        "ada@example.com: onboarding in progress",
        "linus@example.com: onboarding in progress",
        "grace@example.com: unavailable",
        "Users unavailable for onboarding",
        "Actions: 1 invoked",
    ] {
        assert!(said.contains(line), "{line} is not in: {said}");
    }
    assert_eq!(w.sandbox().writes().await, ["POST users_auto_registration"]);
    let ada = w.sandbox().user("ada@example.com").await.unwrap();
    assert_eq!(ada["seat"], true);

    // The trigger invokes the action once: a second plan must be empty.
    w.sandbox().clear_requests().await;
    w.assert_settled().await;
    w.assert_nothing_written().await;
    w.remove_people().await;
    w.destroy().await;
}

async fn failed_action_keeps_created_resources(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let user = "00000000-0000-4000-8000-000000000000";
    let trigger = trigger("after_create", "renew_token", "anaconda_user.ada.id");
    let action = action("renew_token", &format!("user_id = \"{user}\""));
    let refusal = w.apply_err(&[ADA, &trigger, &action].concat()).await;
    assert!(refusal.contains(user), "{refusal}");
    assert!(w.has(USER) && w.has("terraform_data.trigger"), "what was created is kept");
    w.destroy().await;
}

async fn action_offboards_user_on_request(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let people = w.add_people(&["ada@example.com", "grace@example.com"]).await;
    let by_email = "email = \"ADA@example.com\"\nconfirm = true";
    let by_id = format!("user_id = \"{}\"\nconfirm = true", people[1]);
    for (person, arguments) in people.iter().zip([by_email, &by_id]) {
        w.sandbox().clear_requests().await;
        w.configure(&action("offboard_user", arguments));
        let said = invoke(&mut w, "offboard_user").await;
        assert!(said.contains(person) && said.contains("is offboarded"), "{said}");
        assert_eq!(
            w.sandbox().writes().await,
            ["DELETE users/*/tokens/*", "DELETE users/*/seats", "DELETE users/*"]
        );
    }
    assert_eq!(w.sandbox().users().await.len(), 1, "the admin");
    w.destroy().await;
}

async fn offboarding_of_non_member_changes_nothing(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure(&action("offboard_user", "email = \"ada@example.com\"\nconfirm = true"));
    let said = invoke(&mut w, "offboard_user").await;
    assert!(said.contains("ada@example.com is not a member. No changes."), "{said}");
    w.assert_nothing_written().await;
    w.destroy().await;
}

async fn last_admin_offboarding_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure(&action("offboard_user", "email = \"admin@example.com\"\nconfirm = true"));
    let refusal = invoke_err(&mut w, "offboard_user").await;
    assert!(refusal.contains("Cannot remove the last admin"), "{refusal}");
    w.assert_nothing_written().await;
    assert!(!refusal.contains("stays in the state"), "an action has none: {refusal}");
    assert!(w.sandbox().user("admin@example.com").await.is_some());
    w.destroy().await;
}

async fn leaked_token_is_revoked_and_issued_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let revoke = action("revoke_user_tokens", "user_id = anaconda_user.ada.id\nconfirm = true");
    let hcl = [ada_with_token(END), revoke.clone()].concat();
    w.apply(&hcl).await;
    let (user, leaked) = (w.text(USER, "id"), w.text(TOKEN, "id"));

    w.sandbox().clear_requests().await;
    let said = invoke(&mut w, "revoke_user_tokens").await;
    assert!(said.contains(&format!("User {user} has no active tokens")), "{said}");
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*/tokens/*"]);
    assert!(w.sandbox().live_tokens(&user).await.is_empty());
    assert_eq!(w.sandbox().user("ada@example.com").await.unwrap()["seat"], true);

    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert_ne!(w.text(TOKEN, "id"), leaked);
    // If the user has no active token, the action sends no write request.
    w.apply(&[ADA, ADA_SEAT, &revoke].concat()).await;
    w.sandbox().clear_requests().await;
    invoke(&mut w, "revoke_user_tokens").await;
    w.assert_nothing_written().await;
    w.destroy().await;
}

async fn action_trigger_renews_token(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let ada = w.add_people(&["ada@example.com"]).await.remove(0);
    let renew = action("renew_token", &format!("user_id = \"{ada}\""));
    let first = [trigger("after_update", "renew_token", "1"), renew.clone()].concat();
    w.apply(&first).await;
    w.assert_nothing_written().await;
    let (_, said) = w.apply_unchecked(&first.replace("input = 1", "input = 2")).await;
    assert!(said.contains("is active until the subscription end date"), "{said}");
    assert_eq!(w.sandbox().writes().await, ["PATCH users/*/token"]);
    w.assert_settled().await;
    w.remove_people().await;
    w.destroy().await;
}

async fn action_renews_token_to_date_or_subscription_end(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let ada = w.add_people(&["ada@example.com"]).await.remove(0);
    let live = w.sandbox().live_tokens(&ada).await;
    let until = "expires_at = \"2041-06-01T00:00:00Z\"\nexpiration_tolerance_months = 2";
    for (arguments, end) in [(until, "2041-06-01"), ("", "2099-12-31")] {
        w.configure(&action("renew_token", &format!("user_id = \"{ada}\"\n{arguments}")));
        invoke(&mut w, "renew_token").await;
        let token = w.sandbox().user("ada@example.com").await.unwrap()["tokens"][0].clone();
        assert!(token["expires_at"].as_str().unwrap().starts_with(end), "{token}");
        assert_eq!(w.sandbox().live_tokens(&ada).await, live, "it stays the same token");
    }
    w.remove_people().await;
    w.destroy().await;
}

async fn renewal_without_active_token_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let ada = w.sandbox().add_user(json!({"email": "ada@example.com"})).await;
    w.configure(&action("renew_token", &format!("user_id = \"{ada}\"")));
    let refusal = invoke_err(&mut w, "renew_token").await;
    assert!(refusal.contains("0 active tokens"), "{refusal}");
    w.assert_nothing_written().await;
    w.remove_people().await;
    w.destroy().await;
}

async fn invalid_action_is_rejected_before_any_change(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let nobody = "user_id = \"00000000-0000-4000-8000-000000000000\"";
    let both = format!("{nobody}\nemail = \"ada@example.com\"\nconfirm = true");
    let unsure = format!("{nobody}\nconfirm = false");
    let cases: [(&str, &str, &str); 9] = [
        ("offboard_user", &both, "both are set"),
        ("offboard_user", "confirm = true", "Exactly one"),
        ("offboard_user", &unsure, "Missing confirmation"),
        ("offboard_user", nobody, "\"confirm\" is required"),
        ("offboard_user", "email = \"ada\"\nconfirm = true", "not a valid email address"),
        ("revoke_user_tokens", &unsure, "Missing confirmation"),
        ("revoke_user_tokens", "user_id = \"ada\"\nconfirm = true", "UUID"),
        ("onboard_users", "emails = [\"ada@example.com\", \"ada\"]", "\"ada\""),
        ("renew_token", &format!("{nobody}\nexpires_at = \"tomorrow\""), "RFC 3339"),
    ];
    for (kind, arguments, said) in cases {
        w.configure(&[ADA, &action(kind, arguments)].concat());
        for command in ["validate", "plan"] {
            let refusal = w.command_err(&[command]).await;
            assert!(refusal.contains(said), "{command} {kind} {arguments}: {refusal}");
        }
    }
    assert!(w.sandbox().requests().await.is_empty());
    w.configure("");
    w.destroy().await;
}

async fn unknown_action_values_are_checked_before_any_change(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let ada = w.add_people(&["ada@example.com"]).await.remove(0);
    let unsure = format!("user_id = \"{ada}\"\nconfirm = terraform_data.trigger.output == 2");
    let email = "email = terraform_data.trigger.id\nconfirm = true".to_owned();
    let cases = [
        ("offboard_user", &unsure, "Missing confirmation"),
        ("offboard_user", &email, "not a valid email address"),
        ("revoke_user_tokens", &unsure, "Missing confirmation"),
    ];
    for (kind, arguments, said) in cases {
        let trigger = trigger("after_create", kind, "1");
        let refusal = w.apply_err(&[trigger, action(kind, arguments)].concat()).await;
        assert!(refusal.contains("Actions: 1 to invoke"), "the plan cannot know: {refusal}");
        assert!(refusal.contains(said), "{kind} {arguments}: {refusal}");
        w.assert_nothing_written().await;
        w.apply_once("").await;
    }
    w.remove_people().await;
    w.destroy().await;
}

async fn plan_shows_action_before_invocation(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let emails = "emails = [\"ada@example.com\"]";
    let trigger = trigger("after_create", "onboard_users", "1");
    let plan = w.plan(&[trigger, action("onboard_users", emails)].concat()).await;
    assert!(plan.text().contains("Actions: 1 to invoke"), "{}", plan.text());
    let json = w.json(&["show", "-json", "plan.bin"]).await;
    let invocation = &json["action_invocations"][0];
    assert_eq!(invocation["address"], "action.anaconda_onboard_users.it");
    assert_eq!(invocation["config_values"], json!({"emails": ["ada@example.com"]}));
    w.assert_nothing_written().await;
    w.destroy().await;
}

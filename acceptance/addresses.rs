//! One object has one resource address: tests of renames, shifted indexes, duplicates, and moves.
//!
//! Terraform plans resources in any order, so each case is tested in both orders. A slow response
//! delays a resource until the end of the plan. Terraform then names the resource address of the
//! rejected call.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, SEAT, TOKEN, USER, resource};
use crate::needs::UNPLANNED_REMOVALS;

on_clis! {
    each_series: [
        rename_is_rejected_in_both_orders needs [DESTROY_PLANS],
        moved_block_is_enough_for_rename needs [MOVED_BLOCKS],
    ],
    oldest_and_newest: [
        shifted_count_is_rejected_and_advice_works needs [DESTROY_PLANS],
        unapplied_rename_blocks_destroy_with_advice needs [DESTROY_PLANS],
        rename_by_module_or_key_is_rejected needs [DESTROY_PLANS],
        user_in_two_modules_is_rejected,
        user_at_two_addresses_warns_and_is_kept needs [REMOVED_BLOCKS],
        destroy_works_with_duplicates_in_state,
        import_of_managed_user_is_rejected needs [IMPORT_BLOCKS],
        object_removed_from_state_can_be_imported needs [REMOVED_BLOCKS],
        two_tokens_of_one_user_are_rejected,
        duplicate_service_account_name_is_rejected,
        duplicate_user_with_unknown_email_fails_in_apply needs [TERRAFORM_DATA],
        replacement_counts_as_one_resource needs [DESTROY_PLANS],
        provider_aliases_are_checked_separately,
        before_1_3_rename_is_unchecked_with_warning,
        before_1_3_renamed_user_is_kept_or_added_again needs [UNPLANNED_REMOVALS],
        swapped_users_are_rejected_in_plan needs [DESTROY_PLANS],
        user_adopted_by_own_replacement_is_kept,
    ],
}

const END: &str = "expires_at = \"2090-01-31T00:00:00Z\"";
const ACCOUNT: &str = "anaconda_service_account.ci";

/// Returns a user with a seat and a token, and a service account, all with this name.
fn team(name: &str, more: &str) -> String {
    // Seat and token refer to the user by a known ID, so that each of them is a separate rename.
    let own = "user_id = var.ada\n";
    [
        resource("user", name, &format!("email = \"ada@example.com\"\n{more}")),
        resource("seat", name, &format!("{own}{more}")),
        resource("token", name, &format!("{own}{END}\n{more}")),
        resource("service_account", name, &format!("name = \"ci\"\n{more}")),
    ]
    .concat()
}

fn variable(ada: &str) -> String {
    format!("variable \"ada\" {{\n  default = \"{ada}\"\n}}\n")
}

/// Applies the team with the name `old`. Returns the environment and the variable with the user ID.
async fn with_team(cli: &Cli) -> (TestEnv, String) {
    let mut w = TestEnv::new(cli).await;
    let user = resource("user", "old", "email = \"ada@example.com\"");
    w.apply(&user).await;
    let ada = variable(&w.text("anaconda_user.old", "id"));
    w.apply(&[team("old", ""), ada.clone()].concat()).await;
    w.sandbox().clear_requests().await;
    (w, ada)
}

/// Slows down this list response from now on, so that Terraform plans the resources that need it
/// last.
async fn slow(w: &TestEnv, operation: &str) {
    let rule = json!({"operation": operation, "fault": {"kind": "slow", "bytes_per_second": 150}});
    w.sandbox().add_fault(rule).await;
}

async fn rename_is_rejected_in_both_orders(cli: Cli) {
    let (mut w, ada) = with_team(&cli).await;
    let summary = "Object has a new address";
    let shown = |said: &str, removal_is_last: bool| {
        for kind in ["user", "seat", "token", "service_account"] {
            // Terraform names the address of a rejected addition, but not of a rejected removal.
            let at = format!("with anaconda_{kind}.new,");
            assert_eq!(said.contains(&at), !removal_is_last, "{at}: {said}");
        }
        assert_eq!(said.matches(summary).count(), 4, "{said}");
        for part in ["moved {", "from = <OLD_ADDRESS>", "ada@example.com", "-refresh=false"] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
    };
    let admin = w.sandbox().users().await.into_iter().find(|it| it["role"] == "admin").unwrap();
    let id = admin["id"].as_str().unwrap();
    let rule = json!({"operation": "list_tokens", "path": id,
        "fault": {"kind": "slow", "bytes_per_second": 5}});
    let data = format!("data \"anaconda_tokens\" \"slow\" {{\n  user_id = \"{id}\"\n}}\n");
    // The old addresses wait for a data source, which sets their count to 0.
    let none = "count = length(data.anaconda_tokens.slow.tokens) > 99 ? 1 : 0";
    w.sandbox().add_fault(rule.clone()).await;
    let last = [team("new", ""), team("old", none), data.clone(), ada.clone()].concat();
    shown(&w.plan_err(&last).await, true);
    w.sandbox().clear_faults().await;
    // The new addresses wait for the data source.
    w.sandbox().add_fault(rule).await;
    let wait = "depends_on = [data.anaconda_tokens.slow]";
    shown(&w.plan_err(&[team("new", wait), data, ada.clone()].concat()).await, false);
    w.sandbox().clear_faults().await;
    // The result is the same with `-parallelism=1`, with `-refresh=false`, and with adoption.
    w.configure(&[&team("new", ""), ada.as_str()].concat());
    for more in [&["plan", "-parallelism=1"][..], &["plan", "-refresh=false"]] {
        let said = w.command_err(more).await;
        assert_eq!(said.matches(summary).count(), 4, "{more:?}: {said}");
    }
    let adopts = team("new", "").replacen("\"\n", "\"\nadopt_existing = true\n", 1);
    let said = w.plan_err(&[adopts, ada].concat()).await;
    assert!(said.contains(summary), "{said}");
    w.assert_nothing_written().await;
    w.destroy_without_refresh().await;
}

async fn moved_block_is_enough_for_rename(cli: Cli) {
    let (mut w, ada) = with_team(&cli).await;
    w.sandbox().clear_requests().await;
    let moved: String = ["user", "seat", "token", "service_account"]
        .map(|kind| {
            format!("moved {{\n  from = anaconda_{kind}.old\n  to = anaconda_{kind}.new\n}}\n")
        })
        .concat();
    let plan = w.apply(&[team("new", ""), ada, moved].concat()).await;
    assert!(plan.actions().values().all(|it| *it == Action::NoOp), "{:?}", plan.actions());
    assert_eq!(w.sandbox().writes().await, Vec::<String>::new());
    w.destroy().await;
}

async fn rename_by_module_or_key_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let keyed = |key: &str| {
        resource("user", "all", &format!("for_each = toset([\"{key}\"])\nemail = each.key"))
    };
    w.apply(&keyed("Ada@example.com")).await;
    let said = w.plan_err(&keyed("ada@example.com")).await;
    assert!(said.contains("Object has a new address"), "another case of a key: {said}");
    w.write("people/main.tf", ADA);
    w.write(
        "people/versions.tf",
        "terraform {\n  required_providers {\n    anaconda = {\n      \
        source = \"anaconda-community/anaconda\"\n    }\n  }\n}\n",
    );
    w.configure("module \"people\" {\n  source = \"./people\"\n}\n");
    w.command(&["get"]).await;
    let said = w.command_err(&["plan"]).await;
    assert!(said.contains("Object has a new address"), "into a module: {said}");
    assert!(said.contains("moved {"), "{said}");
    w.assert_nobody_removed().await;
    w.destroy_without_refresh().await;
}

/// Returns users and seats with `count`, one for each name in the list.
fn listed(people: &[&str]) -> String {
    let people: Vec<_> = people.iter().map(|it| format!("\"{it}@example.com\"")).collect();
    let list = format!("locals {{\n  people = [{}]\n}}\n", people.join(", "));
    let user = "count = length(local.people)\nemail = local.people[count.index]";
    let seat = "count = length(local.people)\nuser_id = anaconda_user.all[count.index].id";
    [list, resource("user", "all", user), resource("seat", "all", seat)].concat()
}

async fn shifted_count_is_rejected_and_advice_works(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&listed(&["ada", "bob", "cyd"])).await;
    for arguments in [&["plan"][..], &["plan", "-parallelism=1"], &["plan", "-refresh=false"]] {
        w.configure(&listed(&["bob", "cyd"]));
        let said = w.command_err(arguments).await;
        assert_eq!(said.matches("Objects would swap addresses").count(), 1, "{said}");
        for part in ["for_each", "moved {", "@example.com", "another ID"] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
    }
    w.assert_nobody_removed().await;
    // Removing the last element of the list does not affect the other elements.
    let plan = w.apply(&listed(&["ada", "bob"])).await;
    assert_eq!(plan.action("anaconda_user.all[2]"), Action::Delete);

    let people = "locals {\n  people = toset([\"bob@example.com\"])\n}\n";
    let by_key = |kind: &str, rest: &str| {
        let moved = format!(
            "moved {{\n  from = anaconda_{kind}.all[1]\n  to = anaconda_{kind}.all[\"bob@example.com\"]\n}}\n"
        );
        [resource(kind, "all", &format!("for_each = local.people\n{rest}")), moved].concat()
    };
    let user = by_key("user", "email = each.key");
    let seat = by_key("seat", "user_id = anaconda_user.all[each.key].id");
    let without_moved = [people, user.split("moved").next().unwrap()].concat();
    let said = w.plan_err(&without_moved).await;
    assert!(said.contains("Object has a new address"), "{said}");
    let id = w.text("anaconda_user.all[1]", "id");
    w.apply(&[people, &user, &seat].concat()).await;
    assert_eq!(w.text("anaconda_user.all[\"bob@example.com\"]", "id"), id);
    w.destroy().await;
}

async fn swapped_users_are_rejected_in_plan(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let two = |one: &str, other: &str| {
        let user = |name: &str, who: &str| {
            resource("user", name, &format!("email = \"{who}@example.com\"\nadopt_existing = true"))
        };
        [user("one", one), user("other", other)].concat()
    };
    w.apply(&two("ada", "bob")).await;
    for arguments in [&["plan"][..], &["plan", "-parallelism=1"], &["apply", "-auto-approve"]] {
        w.configure(&two("bob", "ada"));
        let said = w.command_err(arguments).await;
        assert!(said.contains("Objects would swap addresses"), "{said}");
    }
    w.assert_nobody_removed().await;
    w.destroy_without_refresh().await;
}

async fn unapplied_rename_blocks_destroy_with_advice(cli: Cli) {
    let (mut w, ada) = with_team(&cli).await;
    w.configure(&[team("new", ""), ada.clone()].concat());
    let said = w.command_err(&["destroy", "-auto-approve"]).await;
    assert!(said.contains("`terraform destroy -refresh=false`"), "{said}");
    // Refresh-only runs and imports plan no changes, so the provider rejects nothing.
    w.command(&["plan", "-refresh-only"]).await;
    w.command(&["apply", "-refresh-only", "-auto-approve"]).await;
    let other = w.sandbox().add_user(json!({"email": "bob@example.com"})).await;
    let bob = resource("user", "bob", "email = \"bob@example.com\"");
    let hcl = [team("new", ""), ada, bob].concat();
    w.import(&hcl, "anaconda_user.bob", &other).await;
    w.destroy_without_refresh().await;
}

async fn user_in_two_modules_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.write(
        "people/main.tf",
        "variable \"email\" {\n  type = string\n}\nresource \"anaconda_user\" \
        \"them\" {\n  email = var.email\n  adopt_existing = true\n}\n",
    );
    w.write(
        "people/versions.tf",
        "terraform {\n  required_providers {\n    anaconda = {\n      \
        source = \"anaconda-community/anaconda\"\n    }\n  }\n}\n",
    );
    let module = |name: &str, email: &str| {
        format!("module \"{name}\" {{\n  source = \"./people\"\n  email = \"{email}\"\n}}\n")
    };
    let hcl = [module("one", "ada@example.com"), module("other", "ADA@example.com")].concat();
    w.configure(&hcl);
    w.command(&["get"]).await;
    for arguments in [&["plan"][..], &["plan", "-parallelism=1"], &["apply", "-auto-approve"]] {
        let said = w.command_err(arguments).await;
        assert!(said.contains("Object is added twice"), "{said}");
        assert!(said.to_lowercase().contains("ada@example.com"), "{said}");
    }
    // The module `one` already manages Ada.
    w.configure(&module("one", "ada@example.com"));
    w.command(&["apply", "-auto-approve"]).await;
    w.configure(&hcl);
    w.command(&["get"]).await;
    for slow_list in [false, true] {
        if slow_list {
            slow(&w, "list_users").await;
        }
        let said = w.command_err(&["plan"]).await;
        assert!(said.contains("Object is already managed at another address"), "{said}");
        let at =
            if slow_list { "with module.one.anaconda_user.them," } else { ".anaconda_user.them," };
        assert!(said.contains(at), "{said}");
        w.sandbox().clear_faults().await;
    }
    assert!(w.sandbox().user("ada@example.com").await.is_some());
    w.configure("");
    w.destroy_without_refresh().await;
}

/// Imports Ada at a second resource address.
async fn double(cli: &Cli) -> (TestEnv, String) {
    let mut w = TestEnv::new(cli).await;
    w.apply(ADA).await;
    let two = [ADA, &resource("user", "twice", "email = \"ada@example.com\"")].concat();
    w.import(&two, "anaconda_user.twice", "ada@example.com").await;
    (w, two)
}

async fn user_at_two_addresses_warns_and_is_kept(cli: Cli) {
    let (mut w, two) = double(&cli).await;
    for arguments in [&[][..], &["-refresh=false"]] {
        w.configure(&two);
        let plan = w.plan_with(arguments).await;
        assert!(
            plan.diagnostics_text().contains("Object is managed at two addresses"),
            "{}",
            plan.text()
        );
        assert!(plan.is_empty(), "{:?}", plan.actions());
    }
    for (slow_list, at) in [(false, "anaconda_user."), (true, "anaconda_user.")] {
        if slow_list {
            slow(&w, "list_users").await;
        }
        let said = w.plan_err(ADA).await;
        assert!(said.contains("Object is still managed at another address"), "{said}");
        for part in ["removed {", "destroy = false", "terraform state rm", "ada@example.com", at] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
        w.sandbox().clear_faults().await;
    }
    w.configure(&two);
    let said = w.command_err(&["plan", "-replace=anaconda_user.twice"]).await;
    assert!(said.contains("Object is still managed at another address"), "{said}");
    let said = w.plan_err(&two.replacen("ada@", "lovelace@", 1)).await;
    assert!(said.contains("Object is still managed at another address"), "{said}");
    w.assert_nobody_removed().await;

    let removed =
        "removed {\n  from = anaconda_user.twice\n  lifecycle {\n    destroy = false\n  }\n}\n";
    w.apply(&[ADA, removed].concat()).await;
    assert!(w.sandbox().user("ada@example.com").await.is_some());
    w.destroy().await;
}

async fn destroy_works_with_duplicates_in_state(cli: Cli) {
    let (w, _) = double(&cli).await;
    w.destroy().await;
}

async fn import_of_managed_user_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    let id = w.text(USER, "id");
    let import = |kind: &str, id: &str| {
        format!("import {{\n  to = anaconda_{kind}.twice\n  id = \"{id}\"\n}}\n")
    };
    let user = resource("user", "twice", "email = \"ada@example.com\"");
    let hcl = [ADA, ADA_SEAT, &user, &import("user", "ada@example.com")].concat();
    let said = w.plan_err(&hcl).await;
    assert!(said.contains("Object is already managed at another address"), "{said}");
    let seat = resource("seat", "twice", &format!("user_id = \"{id}\""));
    let said = w.plan_err(&[ADA, ADA_SEAT, &seat, &import("seat", &id)].concat()).await;
    assert!(said.contains("Object is already managed at another address"), "{said}");
    // The configuration drops the old address in the same plan, so the plan would remove Ada.
    let said = w.plan_err(&[user, import("user", &id)].concat()).await;
    assert!(said.contains("Object has a new address"), "{said}");
    w.assert_nobody_removed().await;
    w.destroy().await;
}

async fn object_removed_from_state_can_be_imported(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let id = w.text(USER, "id");
    let removed =
        "removed {\n  from = anaconda_user.ada\n  lifecycle {\n    destroy = false\n  }\n}\n";
    let import = format!("import {{\n  to = anaconda_user.new\n  id = \"{id}\"\n}}\n");
    let user = resource("user", "new", "email = \"ada@example.com\"");
    w.apply(&[removed, &user, &import].concat()).await;
    assert_eq!(w.text("anaconda_user.new", "id"), id);
    w.destroy().await;
}

async fn two_tokens_of_one_user_are_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let arguments = format!("user_id = anaconda_user.ada.id\n{END}\nrevoke_existing = true");
    let one = resource("token", "ada", &arguments);
    let two = resource("token", "twice", &arguments);
    let said = w.plan_err(&[ADA, &one, &two].concat()).await;
    assert!(said.contains("Object is added twice"), "{said}");
    w.apply(&[ADA, &one].concat()).await;
    let value = w.text(TOKEN, "token");
    let said = w.plan_err(&[ADA, &one, &two].concat()).await;
    assert!(said.contains("Object is already managed at another address"), "{said}");
    w.apply(&[ADA, &one].concat()).await;
    assert_eq!(w.text(TOKEN, "token"), value);
    // An inactive token does not conflict with a second token.
    let id = w.text(USER, "id");
    w.sandbox().revoke_token(&id, &w.text(TOKEN, "id")).await;
    let kept = resource("token", "ada", &format!("{arguments}\nrecreate_if_invalid = false"));
    w.apply(&[ADA, &kept].concat()).await;
    let plan = w.apply(&[ADA, &kept, &two].concat()).await;
    assert_eq!(plan.action("anaconda_token.twice"), Action::Create);
    w.destroy().await;
}

async fn duplicate_service_account_name_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let account = |name: &str| resource("service_account", name, "name = \"ci\"");
    let said = w.plan_err(&[account("ci"), account("twice")].concat()).await;
    assert!(said.contains("Object is added twice") && said.contains("\"ci\""), "{said}");
    w.apply(&account("ci")).await;
    let said = w.plan_err(&[account("ci"), account("twice")].concat()).await;
    assert!(said.contains("Object is already managed at another address"), "{said}");
    // A shared name prefix does not conflict, because the names differ.
    let prefixed = |name: &str| resource("service_account", name, "name_prefix = \"ci-\"");
    w.apply(&[account("ci"), prefixed("one"), prefixed("other")].concat()).await;
    w.destroy().await;
}

async fn duplicate_user_with_unknown_email_fails_in_apply(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let data = "resource \"terraform_data\" \"it\" {\n  input = \"ada@example.com\"\n}\n";
    let user = |name: &str, more: &str| {
        let email = format!("email = terraform_data.it.output\nadopt_existing = true\n{more}");
        resource("user", name, &email)
    };
    for more in ["", "depends_on = [anaconda_user.one]"] {
        let hcl = [data, &user("one", ""), &user("other", more)].concat();
        let said = w.apply_err(&hcl).await;
        assert!(said.contains("Object is added twice"), "{said}");
        assert!(said.contains("ada@example.com"), "{said}");
        w.configure(data);
        w.command(&["destroy", "-auto-approve"]).await;
    }
    let ada = w.sandbox().user("ada@example.com").await;
    assert!(ada.is_none(), "one of the two added her, and removed her with the destroy");
    w.destroy().await;
}

async fn replacement_counts_as_one_resource(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let keepers = |value: u32, more: &str| {
        let token = format!(
            "user_id = anaconda_user.ada.id\n{END}\nrevoke_existing = true\n\
             keepers = {{ at = \"{value}\" }}\n{more}"
        );
        let account = format!("name_prefix = \"ci-\"\nkeepers = {{ at = \"{value}\" }}\n{more}");
        let (token, account) =
            (resource("token", "ada", &token), resource("service_account", "ci", &account));
        [ADA, ADA_SEAT, &token, &account].concat()
    };
    w.apply(&keepers(1, "")).await;
    let plan = w.apply(&keepers(2, "")).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    let first = "lifecycle {\n  create_before_destroy = true\n}\n";
    let plan = w.apply(&keepers(3, first)).await;
    assert_eq!(plan.action(TOKEN), Action::ReplaceCreateFirst);
    assert!(
        !plan.diagnostics_text().contains("User might have no active token"),
        "{}",
        plan.text()
    );

    // `-replace` replaces the user and everything that depends on it. The test also plans with
    // `-refresh=false` and `-parallelism=1`, and applies the last saved plan.
    w.configure(&keepers(3, ""));
    let replace = format!("-replace={USER}");
    for more in [&[][..], &["-refresh=false"], &["-parallelism=1"]] {
        let plan = w.plan_with(&[&[replace.as_str()], more].concat()).await;
        assert_eq!(plan.action(USER), Action::Replace);
    }
    w.command(&["apply", "plan.bin"]).await;
    for address in [SEAT, TOKEN, ACCOUNT] {
        let plan = w.plan_with(&[&format!("-replace={address}")]).await;
        assert_eq!(plan.action(address), Action::Replace);
        let plan =
            w.plan_with(&[&format!("-replace={address}"), &format!("-target={address}")]).await;
        assert_eq!(plan.action(address), Action::Replace);
    }
    w.command(&["taint", USER]).await;
    let plan = w.plan(&keepers(3, "")).await;
    assert_eq!(plan.action(USER), Action::Replace);
    w.apply_present().await;
    // A different user at the same resource address replaces the previous user.
    let other = keepers(3, "").replace("ada@example.com", "bob@example.com");
    let plan = w.apply(&other).await;
    assert_eq!(plan.action(USER), Action::Replace);
    w.destroy().await;
}

async fn provider_aliases_are_checked_separately(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let providers = "provider \"anaconda\" {}\nprovider \"anaconda\" {\n  alias = \"other\"\n}\n";
    let two = [
        providers,
        ADA,
        &resource("user", "bob", "email = \"bob@example.com\"\nprovider = anaconda.other"),
    ]
    .concat();
    w.apply(&two).await;
    let one = [providers, ADA].concat();
    let plan = w.apply(&one).await;
    assert_eq!(plan.action("anaconda_user.bob"), Action::Delete);
    w.destroy().await;
}

async fn before_1_3_rename_is_unchecked_with_warning(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let plan = w.plan(ADA).await;
    let warns = plan.diagnostics_text().contains("Planned removals not checked");
    assert_eq!(warns, UNPLANNED_REMOVALS.is_met_by(&cli), "{}", plan.text());
    w.apply(ADA).await;
    w.configure(ADA);
    let plan = w.plan_with(&[]).await;
    assert!(!plan.diagnostics_text().contains("Planned removals not checked"), "nothing is added");
    if warns {
        let plan = w.plan(&ADA.replace("\"ada\"", "\"new\"")).await;
        assert!(
            plan.diagnostics_text().contains("Planned removals not checked"),
            "{}",
            plan.text()
        );
        // The provider still rejects conflicts that the plan shows.
        let twice = [ADA, &resource("user", "twice", "email = \"ada@example.com\"")].concat();
        let said = w.plan_err(&twice).await;
        assert!(said.contains("Object is already managed at another address"), "{said}");
    }
    w.configure(ADA);
    w.destroy().await;
}

async fn before_1_3_renamed_user_is_kept_or_added_again(cli: Cli) {
    let new = |more: &str| {
        resource(
            "user",
            "new",
            &format!("email = \"ada@example.com\"\nadopt_existing = true\n{more}"),
        )
    };
    let account =
        |more: &str| resource("service_account", "wait", &format!("name = \"wait\"\n{more}"));
    let slowly = |operation: &str| json!({"operation": operation, "fault": {"kind": "slow", "bytes_per_second": 50}});
    // The old address waits until Terraform has destroyed the service account that depends on it.
    // The new address therefore adopts the user first.
    let mut w = TestEnv::new(&cli).await;
    w.apply(&[ADA, &account("depends_on = [anaconda_user.ada]")].concat()).await;
    let id = w.text(USER, "id");
    w.sandbox()
        .add_fault(json!({"operation": "delete_service_account", "times": 1,
        "fault": {"kind": "status", "status": 503, "retry_after": 2}}))
        .await;
    let (_, said) = w.apply_unchecked(&new("")).await;
    assert!(said.contains("Object is kept for another resource"), "{said}");
    assert_eq!(w.sandbox().user("ada@example.com").await.unwrap()["id"], id.as_str());
    let writes = w.sandbox().writes().await;
    assert!(!writes.contains(&"DELETE users/*".to_owned()), "{writes:?}");
    w.assert_settled().await;
    // The new address waits for a service account with a slow response. Terraform therefore removes
    // the old address first.
    w.sandbox().add_fault(slowly("create_service_account")).await;
    let back = new("depends_on = [anaconda_service_account.wait]").replace("\"new\"", "\"old\"");
    w.apply(&[back, account("")].concat()).await;
    w.sandbox().clear_faults().await;
    let ada = w.sandbox().user("ada@example.com").await.unwrap();
    assert_ne!(ada["id"], id.as_str(), "she was removed, and added again");
    assert_eq!(w.text("anaconda_user.old", "id"), ada["id"].as_str().unwrap());
    w.destroy().await;
}

async fn user_adopted_by_own_replacement_is_kept(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let first = "lifecycle {\n  create_before_destroy = true\n}\n";
    let ada = format!("email = \"ada@example.com\"\nadopt_existing = true\n{first}");
    let ada = resource("user", "ada", &ada);
    w.apply(&ada).await;
    let id = w.text(USER, "id");
    let plan = w.plan_with(&["-replace=anaconda_user.ada"]).await;
    assert_eq!(plan.action(USER), Action::ReplaceCreateFirst);
    w.sandbox().clear_requests().await;
    w.command(&["apply", "plan.bin"]).await;
    assert_eq!(w.sandbox().user("ada@example.com").await.unwrap()["id"], id.as_str());
    w.assert_nobody_removed().await;
    w.assert_settled().await;
    w.destroy().await;
}

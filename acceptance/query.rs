//! `terraform query`: finds objects that Terraform does not manage yet, and imports them in bulk.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, QueryResult, TestEnv};

on_clis! {
    each_series: [
        user_query_filters_by_attributes needs [QUERIES],
        query_imports_whole_organization_without_changes needs [QUERIES],
    ],
    oldest_and_newest: [
        seat_query_shows_assigned_users needs [QUERIES],
        token_query_lists_only_active_tokens needs [QUERIES],
        service_account_query_filters_by_name needs [QUERIES],
        query_limit_bounds_number_of_results needs [QUERIES],
        truncated_query_shows_one_warning needs [QUERIES],
        query_result_equals_imported_object needs [QUERIES],
        invalid_query_filter_sends_no_request needs [QUERIES],
        query_with_legacy_api_is_rejected needs [QUERIES],
    ],
}

/// Returns a list block with these filters.
fn listed(kind: &str, filters: &str) -> String {
    listed_with(kind, "", filters)
}

/// Returns a list block with these arguments of Terraform and these filters.
fn listed_with(kind: &str, arguments: &str, filters: &str) -> String {
    format!(
        "list \"anaconda_{kind}\" \"all\" {{\n  provider = anaconda\n  {arguments}\n  \
         config {{\n{filters}\n  }}\n}}\n"
    )
}

/// Creates Ada and Grace, each with seat and token, Linus without, a managed user, and a service
/// account. Returns the environment and the IDs of Ada and Grace.
async fn organization(cli: &Cli) -> (TestEnv, Vec<String>) {
    let w = TestEnv::new(cli).await;
    let people = w.add_people(&["ada@example.com", "grace@elsewhere.example"]).await;
    w.sandbox().add_user(json!({"email": "linus@example.com", "first_name": "Linus"})).await;
    let server = json!({"email": null, "first_name": "Jupyter", "last_name": "Server"});
    w.sandbox().add_user(server).await;
    w.sandbox().add_service_account("ci").await;
    w.sandbox().clear_requests().await;
    w.configure("");
    (w, people)
}

/// Checks that the queries wrote nothing, and removes all users and service accounts.
async fn end(w: TestEnv) {
    w.assert_nothing_written().await;
    w.remove_people().await;
    for client_id in w.out_of_band_accounts().await {
        w.sandbox().remove_service_account(&client_id).await;
    }
    w.destroy().await;
}

fn names(found: &[QueryResult]) -> BTreeSet<&str> {
    found.iter().map(|one| one.display_name.as_str()).collect()
}

async fn user_query_filters_by_attributes(cli: Cli) {
    let (mut w, people) = organization(&cli).await;
    let [ada, grace, linus] = ["ada@example.com", "grace@elsewhere.example", "linus@example.com"];
    let (admin, server) = ("admin@example.com", "Jupyter Server");
    let cases: [(&str, &[&str]); 6] = [
        ("", &[ada, grace, linus, admin, server]),
        ("role = \"admin\"", &[admin]),
        ("has_seat = true", &[ada, grace]),
        ("has_seat = false\nmanaged = false", &[linus, admin]),
        ("managed = true", &[server]),
        ("email_domain = \"EXAMPLE.com\"\nrole = \"member\"", &[ada, linus]),
    ];
    for (filters, expected) in cases {
        let found = w.query(&listed("user", filters)).await;
        assert_eq!(names(&found), expected.iter().copied().collect(), "{filters}");
    }
    let found = w.query(&listed("user", "email_domain = \"elsewhere.example\"")).await;
    assert_eq!(found[0].address, "list.anaconda_user.all");
    let identity = json!({"organization_id": "sandbox", "id": people[1]});
    assert_eq!(found[0].identity, identity);
    assert_eq!(found[0].object, Value::Null, "nobody asked for more");
    end(w).await;
}

async fn seat_query_shows_assigned_users(cli: Cli) {
    let (mut w, people) = organization(&cli).await;
    let found = w.query(&listed("seat", "")).await;
    let all = ["seat of ada@example.com", "seat of grace@elsewhere.example"];
    assert_eq!(names(&found), all.into());
    let found = w.query(&listed("seat", "email_domain = \"example.com\"")).await;
    assert_eq!(names(&found), ["seat of ada@example.com"].into());
    let identity = json!({"organization_id": "sandbox", "user_id": people[0]});
    assert_eq!(found[0].identity, identity);
    assert!(w.query(&listed("seat", "managed = true")).await.is_empty());
    end(w).await;
}

async fn token_query_lists_only_active_tokens(cli: Cli) {
    let (mut w, people) = organization(&cli).await;
    let of = |email: &str| format!("token of {email} until 2040-01-01T00:00:00");
    let found = w.query(&listed("token", "")).await;
    assert_eq!(found.len(), 2, "{found:?}");
    for email in ["ada@example.com", "grace@elsewhere.example"] {
        assert!(found.iter().any(|one| one.display_name.starts_with(&of(email))), "{found:?}");
    }
    let live = w.sandbox().live_tokens(&people[0]).await.remove(0);
    let hers = format!("user_id = \"{}\"", people[0]);
    let found = w.query(&listed("token", &hers)).await;
    let identity = json!({"organization_id": "sandbox", "user_id": people[0], "id": live});
    assert_eq!(found.iter().map(|one| &one.identity).collect::<Vec<_>>(), [&identity]);

    w.sandbox().revoke_token(&people[0], &live).await;
    assert!(w.query(&listed("token", &hers)).await.is_empty());
    let found = w.query(&listed("token", &format!("{hers}\ninclude_invalid = true"))).await;
    assert_eq!(found.iter().map(|one| &one.identity).collect::<Vec<_>>(), [&identity]);
    let found = w.query(&listed("token", "email_domain = \"elsewhere.example\"")).await;
    assert_eq!(found.len(), 1);
    end(w).await;
}

async fn service_account_query_filters_by_name(cli: Cli) {
    let (mut w, _) = organization(&cli).await;
    assert_eq!(w.query(&listed("service_account", "")).await.len(), 2);
    let found = w.query(&listed("service_account", "name_regex = \"^ci$\"")).await;
    assert_eq!(names(&found), ["ci"].into());
    let identity = json!({
        "organization_id": "sandbox", "client_id": w.out_of_band_accounts().await.remove(0)
    });
    assert_eq!(found[0].identity, identity);
    end(w).await;
}

async fn query_limit_bounds_number_of_results(cli: Cli) {
    let (mut w, _) = organization(&cli).await;
    for kind in ["user", "seat", "token", "service_account"] {
        let found = w.query(&listed_with(kind, "limit = 1", "")).await;
        assert_eq!(found.len(), 1, "{kind}");
    }
    // The provider does not list the tokens of users that are not needed for the result.
    w.add_people(&["a@many.example", "b@many.example", "c@many.example"]).await;
    w.sandbox().clear_requests().await;
    w.query(&listed_with("token", "limit = 1", "email_domain = \"many.example\"")).await;
    let calls = w.sandbox().calls().await;
    let asked = calls.iter().filter(|call| *call == "GET users/*/tokens").count();
    assert_eq!(asked, 1, "{calls:?}");
    end(w).await;
}

async fn truncated_query_shows_one_warning(cli: Cli) {
    let (mut w, _) = organization(&cli).await;
    let warning = "List results truncated";
    for kind in ["user", "seat", "token", "service_account"] {
        w.write("search.tfquery.hcl", &listed_with(kind, "limit = 1", ""));
        let said = w.command(&["query"]).await;
        assert!(said.contains(warning), "{kind}: {said}");
        w.write("search.tfquery.hcl", &listed_with(kind, "limit = 5", ""));
        let said = w.command(&["query"]).await;
        assert!(!said.contains(warning), "nobody is left out: {kind}: {said}");
    }
    w.write("search.tfquery.hcl", "");
    for person in 1..=100 {
        let email = format!("{person}@many.example");
        w.sandbox().add_user(json!({ "email": email })).await;
    }
    w.write("search.tfquery.hcl", &listed("user", ""));
    let said = w.command(&["query"]).await;
    assert!(said.contains("limit of 100"), "what Terraform asks for unasked: {said}");
    end(w).await;
}

async fn query_result_equals_imported_object(cli: Cli) {
    let (mut w, people) = organization(&cli).await;
    let whole = "include_resource = true";
    let domain = "email_domain = \"elsewhere.example\"";
    let user = w.query(&listed_with("user", whole, domain)).await.remove(0).object;
    assert_eq!(user["email"], "grace@elsewhere.example");
    assert_eq!(user["id"], people[1]);
    assert_eq!(user["managed"], false);
    let seat = w.query(&listed_with("seat", whole, domain)).await.remove(0).object;
    assert_eq!(seat["user_id"], people[1]);
    let token = w.query(&listed_with("token", whole, domain)).await.remove(0).object;
    assert_eq!(token["user_id"], people[1]);
    assert_eq!(token["token"], Value::Null, "its value was shown once, to somebody else");
    assert_eq!(token["revoked"], false);
    let account = w.query(&listed_with("service_account", whole, "name_regex = \"ci\"")).await;
    assert_eq!(account[0].object["name"], "ci");
    assert_eq!(account[0].object["client_secret"], Value::Null);
    end(w).await;
}

async fn invalid_query_filter_sends_no_request(cli: Cli) {
    let (mut w, _) = organization(&cli).await;
    for (kind, filter, said) in [
        ("user", "role = \"boss\"", "billing_manager"),
        ("user", "colour = \"blue\"", "colour"),
        ("service_account", "name_regex = \"(\"", "regular expression"),
        ("token", "user_id = \"ada\"", "UUID"),
    ] {
        let refusal = w.query_err(&listed(kind, filter)).await;
        assert!(refusal.contains(said), "{kind} {filter}: {refusal}");
    }
    assert!(w.sandbox().requests().await.is_empty());
    end(w).await;
}

async fn query_with_legacy_api_is_rejected(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    w.configure("");
    let refusal = w.query_err(&listed("user", "")).await;
    assert!(refusal.contains("cannot list the users"), "{refusal}");
    assert!(w.query(&listed("service_account", "")).await.len() == 1);
    w.destroy().await;
}

async fn query_imports_whole_organization_without_changes(cli: Cli) {
    let (mut w, people) = organization(&cli).await;
    let members = "role = \"member\"";
    let filters = [
        ("user", members),
        ("seat", ""),
        ("token", ""),
        ("service_account", "name_regex = \"^ci$\""),
    ];
    let blocks = filters.map(|(kind, filters)| listed(kind, filters)).concat();
    let generated = w.query_into_configuration(&blocks).await;
    for computed in ["managed", "revoked", "client_secret ", "token "] {
        assert!(!generated.contains(&format!("\n  {computed}")), "{computed}:\n{generated}");
    }

    w.command(&["validate"]).await;
    let plan = w.apply_present().await;
    let actions = plan.actions();
    assert_eq!(actions.len(), 4 + 2 + 2 + 1, "{actions:?}");
    for (address, action) in &actions {
        assert_eq!(*action, Action::NoOp, "{address}:\n{}", plan.text());
        assert!(plan.imports(address), "{address}");
    }
    w.assert_nothing_written().await;
    assert!(!w.sandbox().live_tokens(&people[0]).await.is_empty());
    w.destroy().await;
}

//! Data sources: found objects, missing objects, and objects that are read only during the apply.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Options, TestEnv};
use crate::hcl::{END, SEAT, TOKEN, USER, ada_with_token, provider, resource};

on_clis! {
    each_series: [data_source_reads_new_object_during_apply],
    oldest_and_newest: [
        user_data_source_finds_by_id_and_email,
        users_data_source_filters_and_sorts,
        service_account_data_source_finds_by_id_and_name,
        tokens_data_source_lists_no_token_values,
        seats_data_source_counts_assigned_seats,
        missing_object_error_names_lookup_value,
        data_source_requires_exactly_one_key,
        legacy_api_allows_only_service_account_lookup,
    ],
}

/// Returns a data source named `it` with these arguments.
fn data(kind: &str, arguments: &str) -> String {
    format!("data \"anaconda_{kind}\" \"it\" {{\n{arguments}\n}}\n")
}

/// Applies the data source `it` of this kind with these arguments and returns its attributes.
async fn found(w: &mut TestEnv, kind: &str, arguments: &str) -> Value {
    w.apply(&data(kind, arguments)).await;
    w.state(&format!("data.anaconda_{kind}.it"))
}

/// Removes the data source from the configuration and these members from the organization.
async fn remove(w: &mut TestEnv, users: &[String]) {
    w.apply("").await;
    for id in users {
        w.sandbox().remove_user(id).await;
    }
}

/// Returns each element as text.
fn texts(values: &Value) -> Vec<&str> {
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

async fn data_source_reads_new_object_during_apply(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let account = resource("service_account", "ci", "name = \"ci\"");
    let made = [ada_with_token(END), account].concat();
    let read = [
        data("user", "id = anaconda_seat.ada.user_id"),
        data("tokens", "user_id = anaconda_token.ada.user_id\ndepends_on = [anaconda_token.ada]"),
        data("users", "has_seat = true\ndepends_on = [anaconda_seat.ada]"),
        data("seats", "depends_on = [anaconda_seat.ada]"),
        data("service_account", "client_id = anaconda_service_account.ci.client_id"),
        data(
            "service_accounts",
            "name_regex = \"^ci$\"\ndepends_on = [anaconda_service_account.ci]",
        ),
        "output \"subscriptions\" {\n  value = data.anaconda_user.it.subscriptions[0]\n}\n"
            .to_owned(),
    ]
    .concat();
    // `apply` also checks that a later plan reads the same values as the apply.
    w.apply(&[made.as_str(), &read].concat()).await;
    let user = w.state("data.anaconda_user.it");
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(user["has_seat"], true);
    assert_eq!(w.state("data.anaconda_tokens.it")["ids"], json!([w.text(TOKEN, "id")]));
    assert_eq!(w.state("data.anaconda_users.it")["ids"], json!([w.text(USER, "id")]));
    assert_eq!(w.state("data.anaconda_seats.it")["user_ids"], json!([w.text(SEAT, "user_id")]));
    assert_eq!(w.state("data.anaconda_service_account.it")["name"], "ci");
    assert_eq!(w.state("data.anaconda_service_accounts.it")["names"], json!(["ci"]));
    w.apply(&made).await;
    w.destroy().await;
}

async fn user_data_source_finds_by_id_and_email(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let ada = json!({"email": "ada@example.com", "first_name": "Ada", "last_name": "King",
                     "role": "billing_manager", "seat": true});
    let id = w.sandbox().add_user(ada).await;
    for arguments in [format!("id = \"{id}\""), "email = \"ADA@example.com\"".to_owned()] {
        let user = found(&mut w, "user", &arguments).await;
        assert_eq!(user["id"], id.as_str());
        assert_eq!((&user["first_name"], &user["last_name"]), (&json!("Ada"), &json!("King")));
        assert_eq!(user["role"], "billing_manager");
        assert_eq!((&user["managed"], &user["has_seat"]), (&json!(false), &json!(true)));
        assert_eq!(user["subscriptions"].as_array().unwrap().len(), 1);
    }
    remove(&mut w, &[id]).await;
    w.destroy().await;
}

async fn users_data_source_filters_and_sorts(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let admin = w.sandbox().users().await.remove(0)["id"].as_str().unwrap().to_owned();
    let ada = w.sandbox().add_user(json!({"email": "ada@example.com", "seat": true})).await;
    let bob = json!({"email": "bob@lab.example.org", "role": "billing_manager"});
    let bob = w.sandbox().add_user(bob).await;
    let server = w.sandbox().add_user(json!({"first_name": "Server"})).await;
    let sorted = |mut ids: Vec<&str>| {
        ids.sort_unstable();
        json!(ids)
    };
    for (filter, expected) in [
        ("", vec![&admin, &ada, &bob, &server]),
        ("role = \"member\"", vec![&ada, &server]),
        ("role = \"billing_manager\"", vec![&bob]),
        ("has_seat = true", vec![&ada]),
        ("has_seat = false", vec![&admin, &bob, &server]),
        ("managed = true", vec![&server]),
        ("managed = false\nhas_seat = false", vec![&admin, &bob]),
        ("email_domain = \"LAB.example.org\"", vec![&bob]),
        ("email_domain = \"example.org\"", vec![]),
        ("include_groups = true\nhas_seat = true", vec![&ada]),
    ] {
        let users = found(&mut w, "users", filter).await;
        let expected = sorted(expected.into_iter().map(String::as_str).collect());
        assert_eq!(users["ids"], expected, "{filter}");
        let listed = users["users"].as_array().unwrap().clone();
        let ids: Vec<_> = listed.iter().map(|user| user["id"].as_str().unwrap()).collect();
        assert_eq!(json!(ids), expected, "{filter}: the lists are in one order");
        let wants_groups = filter.contains("include_groups");
        assert!(listed.iter().all(|user| user["groups"].is_array() == wants_groups), "{filter}");
    }
    let refusal = w.plan_err(&data("users", "role = \"owner\"")).await;
    assert!(refusal.contains("billing_manager"), "{refusal}");
    remove(&mut w, &[ada, bob, server]).await;
    w.destroy().await;
}

async fn service_account_data_source_finds_by_id_and_name(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let one = w.sandbox().add_service_account("ci-one").await;
    let two = w.sandbox().add_service_account("ci-two").await;
    for arguments in [format!("client_id = \"{one}\""), "name = \"ci-one\"".to_owned()] {
        let account = found(&mut w, "service_account", &arguments).await;
        assert_eq!((&account["client_id"], &account["name"]), (&json!(one), &json!("ci-one")));
        assert_eq!(account["organization_id"], Options::default().organization.as_str());
        assert!(account.get("client_secret").is_none(), "a secret is shown once");
    }
    let own = Options::default().client_id;
    for (filter, mut expected) in [
        ("", vec![&one, &two, &own]),
        ("name_regex = \"^ci-\"", vec![&one, &two]),
        ("name_regex = \"two$\"", vec![&two]),
        ("name_regex = \"^nothing\"", vec![]),
    ] {
        let accounts = found(&mut w, "service_accounts", filter).await;
        expected.sort();
        assert_eq!(texts(&accounts["client_ids"]), expected, "{filter}");
        assert_eq!(accounts["names"].as_array().unwrap().len(), expected.len(), "{filter}");
    }
    let refusal = w.plan_err(&data("service_accounts", "name_regex = \"(\"")).await;
    assert!(refusal.contains("not a valid regular expression"), "{refusal}");

    // The API allows two service accounts with the same name.
    let twin = w.sandbox().add_service_account("ci-one").await;
    let refusal = w.plan_err(&data("service_account", "name = \"ci-one\"")).await;
    assert!(refusal.contains("Multiple service accounts found"), "{refusal}");
    assert!(refusal.contains("client_id"), "the way out is named: {refusal}");
    w.apply("").await;
    for client_id in [one, two, twin] {
        w.sandbox().remove_service_account(&client_id).await;
    }
    w.destroy().await;
}

async fn tokens_data_source_lists_no_token_values(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_now("2030-01-01T00:00:00Z").await;
    let ada = w.sandbox().add_user(json!({"email": "ada@example.com"})).await;
    let over = w.sandbox().issue_token(&ada, "2030-01-02T00:00:00Z").await;
    w.set_now("2030-01-03T00:00:00Z").await;
    let revoked = w.sandbox().issue_token(&ada, "2040-01-01T00:00:00Z").await;
    let live = w.sandbox().issue_token(&ada, "2041-01-01T00:00:00Z").await;

    let tokens = found(&mut w, "tokens", "email = \"Ada@example.com\"").await;
    assert_eq!(tokens["user_id"], ada.as_str());
    let mut expected = [over.as_str(), &live];
    expected.sort_unstable();
    assert_eq!(texts(&tokens["ids"]), expected);
    for token in tokens["tokens"].as_array().unwrap() {
        assert_eq!(token["expired"], token["id"] == over.as_str(), "{token}");
        assert_eq!(token["revoked"], false);
        assert!(token.get("token").is_none(), "{token}");
    }

    let all = format!("user_id = \"{ada}\"\ninclude_revoked = true");
    let tokens = found(&mut w, "tokens", &all).await;
    let mut expected = [over.as_str(), &revoked, &live];
    expected.sort_unstable();
    assert_eq!(texts(&tokens["ids"]), expected);
    let is_revoked = |token: &Value| token["revoked"] == (token["id"] == revoked.as_str());
    assert!(tokens["tokens"].as_array().unwrap().iter().all(is_revoked), "{tokens}");
    remove(&mut w, &[ada]).await;
    w.destroy().await;
}

async fn seats_data_source_counts_assigned_seats(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let mut holders = Vec::new();
    for name in ["ada", "bob"] {
        let user = json!({"email": format!("{name}@example.com"), "seat": true});
        holders.push(w.sandbox().add_user(user).await);
    }
    holders.sort();
    let seats = found(&mut w, "seats", "").await;
    assert_eq!(seats["assigned_count"], 2);
    assert_eq!(texts(&seats["user_ids"]), holders);
    assert_eq!((&seats["limit"], &seats["available"]), (&Value::Null, &Value::Null));

    for (limit, available) in [(5, 3), (1, -1)] {
        w.apply(&[data("seats", ""), provider(&format!("seat_limit = {limit}"))].concat()).await;
        let seats = w.state("data.anaconda_seats.it");
        assert_eq!((&seats["limit"], &seats["available"]), (&json!(limit), &json!(available)));
    }
    remove(&mut w, &holders).await;
    w.destroy().await;
}

async fn missing_object_error_names_lookup_value(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let id = "00000000-0000-4000-8000-000000000000";
    for (kind, argument, value) in [
        ("user", "id", id),
        ("user", "email", "nobody@example.com"),
        ("tokens", "user_id", id),
        ("tokens", "email", "nobody@example.com"),
        ("service_account", "client_id", id),
        ("service_account", "name", "nobody"),
    ] {
        let refusal = w.plan_err(&data(kind, &format!("{argument} = \"{value}\""))).await;
        assert!(refusal.contains("not found"), "{kind} by {argument}: {refusal}");
        assert!(refusal.contains(value), "{kind} by {argument}: {refusal}");
        assert!(refusal.contains("None of the 1 "), "{kind} by {argument}: {refusal}");
    }
    w.destroy().await;
}

async fn data_source_requires_exactly_one_key(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for (kind, one, other) in [
        ("user", "id", "email"),
        ("tokens", "user_id", "email"),
        ("service_account", "client_id", "name"),
    ] {
        for arguments in [String::new(), format!("{one} = \"x\"\n{other} = \"y\"")] {
            let refusal = w.plan_err(&data(kind, &arguments)).await;
            assert!(refusal.contains(one) && refusal.contains(other), "{kind}: {refusal}");
        }
    }
    assert!(w.sandbox().requests().await.is_empty(), "nobody had to be asked");
    w.destroy().await;
}

async fn legacy_api_allows_only_service_account_lookup(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    for (kind, arguments) in [
        ("user", "email = \"admin@example.com\""),
        ("users", ""),
        ("users", "include_groups = true"),
        ("tokens", "email = \"admin@example.com\""),
        ("seats", ""),
    ] {
        let refusal = w.plan_err(&data(kind, arguments)).await;
        assert!(refusal.contains("List operation not supported"), "{kind}: {refusal}");
    }
    let own = Options::default().client_id;
    let accounts = found(&mut w, "service_accounts", "").await;
    assert_eq!(texts(&accounts["client_ids"]), [own]);
    w.destroy().await;
}

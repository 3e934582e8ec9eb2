//! Two concurrent runs on one organization, one of which loses responses. A create never removes an
//! object that the other run created successfully. Also a run that is interrupted while it polls.

use serde_json::{Value, json};

use crate::admin::Organization;
use crate::proto::tfplugin5::stop;
use crate::proxy::{Fault, FaultProxy};
use crate::recovery::{behind, try_to_create};
use crate::session::{Outcome, Session, errors};

/// Creates the same object in two runs. The request of the first run fails as `fault` specifies.
/// The second run completes before the first one can check the outcome.
async fn at_once(
    organization: &Organization,
    name: &str,
    given: &Value,
    (post, look): (&str, &str),
    fault: Fault,
) -> (Outcome, Outcome) {
    let mut proxy = FaultProxy::start(&organization.url()).await;
    let losing = behind(&proxy, 0).await;
    let other = Session::with(organization).await;
    // Both runs have listed the objects before, without a result.
    let plan = other.plan(name, &Value::Null, given).await.unwrap();
    proxy.inject(post, [fault]);
    // The first run sends a list request before the create request, and another one after its
    // failure.
    proxy.inject(look, [Fault::Pass, Fault::Hold]);
    tokio::join!(try_to_create(&losing, name, given), async {
        proxy.wait_for(post).await;
        let made = other.apply(name, &Value::Null, &plan.state, given).await;
        proxy.release();
        made
    })
}

#[tokio::test]
async fn account_of_other_run_is_not_deleted() {
    for fault in [Fault::LoseRequest, Fault::Answer(500, "")] {
        let organization = Organization::start().await;
        let lines = ("POST *service-accounts", "GET *service-accounts");
        let given = json!({"name": "ci"});
        let (lost, made) =
            at_once(&organization, "anaconda_service_account", &given, lines, fault).await;
        let made = made.ok();
        // The object might belong to the first run. The provider cannot tell, so it keeps the
        // object and lets the user decide.
        let [told] = errors(&lost.diagnostics)[..] else { panic!("{lost:?}") };
        assert!(told.detail.contains("another run"), "{told:?}");
        assert!(told.detail.contains("terraform state rm"), "{told:?}");
        assert_eq!(lost.state["client_id"], made["client_id"]);
        assert_eq!(lost.state["client_secret"], Value::Null);
        assert!(organization.accepts_credentials(&made).await, "the other run's account is gone");
    }
}

#[tokio::test]
async fn token_of_other_run_is_not_revoked() {
    for fault in [Fault::LoseRequest, Fault::Answer(500, "")] {
        let organization = Organization::start().await;
        let grace = organization.add_user("grace@example.com").await;
        let given = json!({"user_id": grace, "expires_at": "2090-01-31T00:00:00Z"});
        let lines = ("POST /api/v1/*/token", "GET *tokens");
        let (lost, issued) = at_once(&organization, "anaconda_token", &given, lines, fault).await;
        let issued = issued.ok();
        let [told] = errors(&lost.diagnostics)[..] else { panic!("{lost:?}") };
        assert!(told.detail.contains("another run"), "{told:?}");
        assert_eq!((&lost.state["id"], &lost.state["token"]), (&issued["id"], &Value::Null));
        let user = organization.user("grace@example.com").await.unwrap();
        let alive = |it: &Value| it["id"] == issued["id"] && it["live"] == true;
        assert!(user["tokens"].as_array().unwrap().iter().any(alive), "{user}");
    }
}

#[tokio::test]
async fn synced_token_of_other_run_is_not_claimed() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let given = json!({"user_id": grace, "sync_with_subscription": true});
    let lines = ("POST /api/v1/*/token", "GET *tokens");
    let (lost, issued) =
        at_once(&organization, "anaconda_token", &given, lines, Fault::LoseRequest).await;
    let (issued, told) = (issued.ok(), errors(&lost.diagnostics)[0].clone());
    assert!(told.detail.contains(issued["id"].as_str().unwrap()), "{told:?}");
    assert_eq!(lost.state, Value::Null);
    let user = organization.user("grace@example.com").await.unwrap();
    let alive = |it: &Value| it["id"] == issued["id"] && it["live"] == true;
    assert!(user["tokens"].as_array().unwrap().iter().any(alive), "{user}");
}

#[tokio::test]
async fn member_added_by_other_run_is_not_removed() {
    for given in [json!({"email": "ada@example.com"}), json!({"first_name": "Jupyter"})] {
        for fault in [Fault::LoseRequest, Fault::LoseAnswer] {
            let organization = Organization::start().await;
            let lines = ("POST *users", "GET *users");
            let lost_answer = matches!(fault, Fault::LoseAnswer);
            let (lost, added) = at_once(&organization, "anaconda_user", &given, lines, fault).await;
            // A rejection is also a definite outcome: the email address might already belong to the
            // user of the first run.
            let Some(id) = added.state.get("id") else { continue };
            let state = organization.call("GET", "state", Value::Null).await;
            let users = state["users"].as_array().unwrap();
            assert!(users.iter().any(|it| it["id"] == *id), "{given}");
            if given.get("email").is_some() {
                assert_eq!(lost.ok()["id"], *id);
                let ada = users.iter().filter(|it| it["email"] == given["email"]);
                assert_eq!(ada.count(), 1, "{users:?}");
            } else if lost_answer {
                // Two users with these names are new, and the provider cannot tell which run
                // created which one.
                assert_eq!(lost.state, Value::Null);
                let [told] = errors(&lost.diagnostics)[..] else { panic!("{lost:?}") };
                let managed: Vec<_> = users.iter().filter(|it| it["managed"] == true).collect();
                assert_eq!(managed.len(), 2);
                for user in managed {
                    assert!(told.detail.contains(user["id"].as_str().unwrap()), "{told:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn canceled_recovery_reports_objects_that_might_exist() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let cases = [
        ("anaconda_user", json!({"email": "ada@example.com"}), "POST *users", "GET *users"),
        (
            "anaconda_token",
            json!({"user_id": grace, "expires_at": "2090-01-31T00:00:00Z"}),
            "POST /api/v1/*/token",
            "GET *tokens",
        ),
        (
            "anaconda_service_account",
            json!({"name": "ci"}),
            "POST *service-accounts",
            "GET *service-accounts",
        ),
    ];
    for (name, given, post, look) in cases {
        let mut proxy = FaultProxy::start(&organization.url()).await;
        proxy.inject(post, [Fault::LoseAnswer]);
        proxy.inject(look, [Fault::Pass, Fault::Answer(429, "retry-after: 50\r\n")]);
        let session = behind(&proxy, 1).await;
        let mut client = session.client.clone();
        let whole = async {
            tokio::join!(try_to_create(&session, name, &given), async {
                proxy.wait_for_count(look, 2).await;
                client.stop(stop::Request {}).await.unwrap();
            })
            .0
        };
        let limit = std::time::Duration::from_secs(20);
        let outcome = tokio::time::timeout(limit, whole).await.expect("the stop ended no wait");
        let told = errors(&outcome.diagnostics)[0].clone();
        assert!(told.detail.contains("might exist"), "{told:?}");
        let posts = proxy.requests().iter().filter(|line| line.starts_with("POST /api/v1")).count();
        assert_eq!(posts, 1, "{name}");
    }
}

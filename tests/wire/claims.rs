//! One object at two addresses of one run: claims, waiting for removals, and both orders of a
//! rename.

use std::time::Duration;

use serde_json::{Value, json};

use crate::admin::Organization;
use crate::proxy::{Fault, FaultProxy};
use crate::recovery::{behind, count, try_to_create};
use crate::session::{Outcome, Session, errors};

const USER: &str = "anaconda_user";
const SEAT: &str = "anaconda_seat";
const TOKEN: &str = "anaconda_token";
const ACCOUNT: &str = "anaconda_service_account";
const EMAIL: &str = "ada@example.com";

/// Returns a session behind a proxy, and the state of an object that an earlier run created.
async fn after(proxy: &FaultProxy, name: &str, given: &Value) -> (Session, Value) {
    let session = behind(proxy, 1).await;
    let state = try_to_create(&session, name, given).await.ok();
    let config = crate::admin::provider_block(&proxy.url());
    assert_eq!(session.configure(&config).await, []);
    session.in_one_run();
    (session, state)
}

async fn world() -> (Organization, FaultProxy) {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    (organization, proxy)
}

/// Creates an object that the plan of this session would reject. Another process plans it as the
/// only object.
async fn create_unplanned(
    proxy: &FaultProxy,
    session: &Session,
    name: &str,
    given: &Value,
) -> Outcome {
    let plan = behind(proxy, 1).await.plan(name, &Value::Null, given).await.unwrap();
    session.apply(name, &Value::Null, &plan.state, given).await
}

fn summaries(outcome: &Outcome) -> Vec<&str> {
    outcome.diagnostics.iter().map(|it| it.summary.as_str()).collect()
}

/// Waits for a DELETE request whose line has this end.
async fn until_seen(proxy: &FaultProxy, end: &str) {
    let came = async {
        while count(proxy, "DELETE", end) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), came).await.unwrap();
}

fn written(outcome: &Outcome) -> bool {
    let private: Value = serde_json::from_slice(&outcome.private).unwrap();
    !private["written"].is_null()
}

#[tokio::test]
async fn user_adopted_first_is_kept_at_removal_of_old_address() {
    let (organization, proxy) = world().await;
    let (session, old) = after(&proxy, USER, &json!({"email": EMAIL})).await;
    let adopt = json!({"email": EMAIL, "adopt_existing": true});
    let adopted = try_to_create(&session, USER, &adopt).await;
    assert!(!written(&adopted), "adopting is not writing");
    let removed = session.delete(USER, &old).await;
    assert_eq!(summaries(&removed), ["Object is kept for another resource"]);
    let detail = &removed.diagnostics[0].detail;
    assert!(detail.contains("moved {\n  from = <OLD_ADDRESS>\n  to   = <NEW_ADDRESS>"), "{detail}");
    assert_eq!(removed.ok(), Value::Null);
    assert_eq!(organization.user(EMAIL).await.unwrap()["id"], adopted.ok()["id"]);
    assert_eq!(count(&proxy, "DELETE", ""), 0);
}

#[tokio::test]
async fn user_removed_first_is_added_again_after_wait() {
    let (organization, proxy) = world().await;
    let (session, old) = after(&proxy, USER, &json!({"email": EMAIL})).await;
    proxy.inject("DELETE *seats", [Fault::Hold]);
    let adopt = json!({"email": "Ada@Example.com", "adopt_existing": true});
    let create = async {
        let created = try_to_create(&session, USER, &adopt).await.ok();
        assert_eq!(count(&proxy, "DELETE", &format!("/users/{}", old["id"].as_str().unwrap())), 1);
        created
    };
    let (removed, created, ()) = tokio::join!(session.delete(USER, &old), create, async {
        until_seen(&proxy, "/seats").await;
        proxy.release();
    });
    removed.ok();
    assert_eq!(organization.user(EMAIL).await.unwrap()["id"], created["id"]);
    assert_eq!(count(&proxy, "POST", "/users"), 2);
}

#[tokio::test]
async fn user_with_rejected_create_is_kept_in_same_run() {
    let (organization, proxy) = world().await;
    let (session, old) = after(&proxy, USER, &json!({"email": EMAIL})).await;
    let refused = try_to_create(&session, USER, &json!({"email": EMAIL})).await;
    assert_eq!(summaries(&refused), ["User already exists"]);
    let detail = &refused.diagnostics[0].detail;
    assert!(detail.contains("moved {") && detail.contains("If this resource has `create_before"));
    let removed = session.delete(USER, &old).await;
    assert_eq!(summaries(&removed), ["Object is needed by another resource"]);
    assert_eq!(removed.state, old);
    assert!(organization.user(EMAIL).await.is_some());
}

#[tokio::test]
async fn email_in_two_cases_is_added_once() {
    let (_organization, proxy) = world().await;
    let session = behind(&proxy, 1).await;
    let (one, two) = (json!({"email": EMAIL}), json!({"email": "Ada@example.com"}));
    let both = tokio::join!(
        create_unplanned(&proxy, &session, USER, &one),
        create_unplanned(&proxy, &session, USER, &two)
    );
    let refused: Vec<_> =
        [&both.0, &both.1].into_iter().filter(|it| !errors(&it.diagnostics).is_empty()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(summaries(refused[0]), ["Object is managed by another resource of this run"]);
    assert!(refused[0].diagnostics[0].detail.to_lowercase().contains(EMAIL));
    assert_eq!(count(&proxy, "POST", "/users"), 1);
}

#[tokio::test]
async fn accounts_with_same_name_are_created_once() {
    let (_organization, proxy) = world().await;
    let session = behind(&proxy, 1).await;
    // The list response is stale.
    proxy.inject("GET *service-accounts", [Fault::Replace(200, r#"{"items": []}"#)]);
    let given = json!({"name": "ci"});
    let both = tokio::join!(
        create_unplanned(&proxy, &session, ACCOUNT, &given),
        create_unplanned(&proxy, &session, ACCOUNT, &given)
    );
    let failed: Vec<_> = [&both.0, &both.1].into_iter().flat_map(summaries).collect();
    assert_eq!(failed, ["Object is managed by another resource of this run"]);
    assert_eq!(count(&proxy, "POST", "/service-accounts"), 1);
}

#[tokio::test]
async fn seat_replaced_with_lost_response_is_in_state() {
    let (organization, proxy) = world().await;
    let user = organization.add_user(EMAIL).await;
    let given = json!({"user_id": user});
    let (session, old) = after(&proxy, SEAT, &given).await;
    proxy.inject("POST *seats", [Fault::LoseAnswer]);
    session.delete(SEAT, &old).await.ok();
    let new = try_to_create(&session, SEAT, &given).await;
    assert_eq!(new.ok()["id"], json!(user));
    assert_eq!(count(&proxy, "POST", "/seats"), 2);
}

#[tokio::test]
async fn adopted_seat_is_kept_and_removed_seat_reassigned() {
    let (organization, proxy) = world().await;
    let user = organization.add_user(EMAIL).await;
    let given = json!({"user_id": user});
    let (session, old) = after(&proxy, SEAT, &given).await;
    let taken = try_to_create(&session, SEAT, &given).await;
    assert_eq!(summaries(&taken), ["Seat already assigned"]);
    assert!(!written(&taken));
    let removed = session.delete(SEAT, &old).await;
    assert_eq!(summaries(&removed), ["Object is kept for another resource"]);
    assert_eq!(count(&proxy, "DELETE", "/seats"), 0);
    let again = create_unplanned(&proxy, &session, SEAT, &given).await;
    assert_eq!(summaries(&again), ["Object is managed by another resource of this run"]);

    let config = crate::admin::provider_block(&proxy.url());
    assert_eq!(session.configure(&config).await, [], "another run");
    proxy.inject("DELETE *seats", [Fault::Hold]);
    let (removed, assigned, ()) =
        tokio::join!(session.delete(SEAT, &old), try_to_create(&session, SEAT, &given), async {
            until_seen(&proxy, "/seats").await;
            proxy.release();
        });
    assert_eq!((removed.ok(), summaries(&assigned)), (Value::Null, vec![]));
    assert!(session.read(SEAT, &assigned.ok()).await.ok().is_object());
}

#[tokio::test]
async fn token_create_before_destroy_revokes_previous() {
    let (organization, proxy) = world().await;
    let user = organization.add_user(EMAIL).await;
    let given = json!({"user_id": user, "expires_at": "2099-01-01T00:00:00Z"});
    let (session, old) = after(&proxy, TOKEN, &given).await;
    let mut through = given.clone();
    through["revoke_existing"] = true.into();
    let new = try_to_create(&session, TOKEN, &through).await;
    assert_eq!(summaries(&new), ["Existing token will be revoked"]);
    assert_eq!(summaries(&session.delete(TOKEN, &old).await), Vec::<&str>::new());
    let new = new.ok();
    assert_eq!(session.read(TOKEN, &new).await.ok()["revoked"], false);
    let removed = session.delete(TOKEN, &new).await;
    assert_eq!(summaries(&removed), ["Object is kept for another resource"]);
    assert_eq!(session.read(TOKEN, &new).await.ok()["revoked"], false);
}

#[tokio::test]
async fn conflicting_token_and_account_are_kept_in_same_run() {
    let (organization, proxy) = world().await;
    let user = organization.add_user(EMAIL).await;
    let token = json!({"user_id": user, "expires_at": "2099-01-01T00:00:00Z"});
    for (name, given, summary) in [
        (TOKEN, token, "Active token already exists"),
        (ACCOUNT, json!({"name": "ci"}), "Service account already exists"),
    ] {
        let (session, old) = after(&proxy, name, &given).await;
        let refused = try_to_create(&session, name, &given).await;
        assert_eq!(summaries(&refused), [summary]);
        let detail = &refused.diagnostics[0].detail;
        assert!(detail.contains("If this resource has `create_before_destroy`"), "{detail}");
        let removed = session.delete(name, &old).await;
        assert_eq!(summaries(&removed), ["Object is needed by another resource"]);
        assert_eq!(removed.state, old);
    }
    assert_eq!(count(&proxy, "DELETE", ""), 0);
}

#[tokio::test]
async fn account_create_waits_for_removal() {
    let (_organization, proxy) = world().await;
    let given = json!({"name": "ci"});
    let (session, old) = after(&proxy, ACCOUNT, &given).await;
    proxy.inject("DELETE *", [Fault::Hold]);
    let (removed, created, ()) = tokio::join!(
        session.delete(ACCOUNT, &old),
        try_to_create(&session, ACCOUNT, &given),
        async {
            until_seen(&proxy, "").await;
            proxy.release();
        }
    );
    removed.ok();
    assert_ne!(created.ok()["client_id"], old["client_id"]);
}

#[tokio::test]
async fn new_user_not_found_yet_is_requested_again() {
    let (_organization, proxy) = world().await;
    let session = behind(&proxy, 1).await;
    let user = try_to_create(&session, USER, &json!({"email": EMAIL})).await.ok();
    let late = r#"{"error": {"code": "user_not_found", "message": "User not found"}}"#;
    for line in ["POST *seats", "POST *token"] {
        proxy.inject(line, [Fault::Replace(404, late), Fault::Pass]);
    }
    let seat = try_to_create(&session, SEAT, &json!({"user_id": user["id"]})).await;
    assert_eq!(summaries(&seat), Vec::<&str>::new());
    let token = json!({"user_id": user["id"], "expires_at": "2099-01-01T00:00:00Z"});
    assert_eq!(summaries(&try_to_create(&session, TOKEN, &token).await), Vec::<&str>::new());
}

#[tokio::test]
async fn second_configure_clears_claims_of_process() {
    let (organization, proxy) = world().await;
    let session = behind(&proxy, 1).await;
    let user = try_to_create(&session, USER, &json!({"email": EMAIL})).await.ok();
    session.delete(USER, &user).await.ok();
    assert!(organization.user(EMAIL).await.is_none());
}

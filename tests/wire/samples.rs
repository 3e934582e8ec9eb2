//! Test data of each resource. A new resource needs one [`Sample`] here, and no other entry in
//! these tests.

use serde_json::{Value, json};

use crate::terraform::absent_user_id;

/// Name of an argument, and the values that it can have. It can also be absent.
pub(crate) type Choices = (&'static str, Vec<Value>);

/// Change of one argument.
type Change = (&'static str, Value);

/// Test data of one resource.
pub(crate) struct Sample {
    /// Valid configuration for the plan. The parameter is the UUID of a user.
    pub(crate) example: fn(&str) -> Value,
    /// Attribute that is unknown before the create.
    pub(crate) known_after_apply: &'static str,
    /// Change of the example that updates the object in place. `None` if every change replaces the
    /// object.
    pub(crate) in_place: fn() -> Option<Change>,
    /// Change of the example that replaces the object. `None` if no change does.
    pub(crate) replacing: fn() -> Option<Change>,
    /// Import IDs of an object of the example.
    pub(crate) import_ids: fn(&Value) -> Vec<String>,
    /// Identity of an object, for resources that have one.
    pub(crate) identity: fn(&Value) -> Value,
    /// Defaults of the arguments.
    pub(crate) defaults: fn() -> Value,
    /// Relevant values of the arguments for two users: spellings, defaults, changes, and absence.
    pub(crate) choices: fn(&str, &str) -> Vec<Choices>,
}

/// Returns the test data of a resource.
///
/// # Panics
/// Panics if the resource has no sample.
pub(crate) fn sample(name: &str) -> &'static Sample {
    match name {
        "anaconda_onboarding" => &ONBOARDING,
        "anaconda_seat" => &SEAT,
        "anaconda_service_account" => &SERVICE_ACCOUNT,
        "anaconda_token" => &TOKEN,
        "anaconda_user" => &USER,
        other => panic!("{other} needs a sample here"),
    }
}

fn text(state: &Value, field: &str) -> String {
    state[field].as_str().unwrap().to_owned()
}

fn flag(name: &'static str) -> Choices {
    (name, vec![json!(true), json!(false)])
}

fn map(name: &'static str) -> Choices {
    (name, vec![json!({}), json!({"a": "1"}), json!({"a": "2", "b": ""})])
}

static ONBOARDING: Sample = Sample {
    example: |_| json!({"emails": ["Kim@example.com", "lee@example.com"]}),
    known_after_apply: "available_organization_seats",
    in_place: || Some(("offboard_on_destroy", json!(false))),
    replacing: || None,
    // The API does not return later which users an onboarding invited.
    import_ids: |_| Vec::new(),
    identity: |_| Value::Null,
    defaults: || json!({"wait_for_completion": true, "offboard_on_destroy": true}),
    choices: |_, _| {
        vec![
            (
                "emails",
                vec![json!(["Kim@example.com"]), json!(["lee@example.com", "kim@example.com"])],
            ),
            // Do not wait here, because only another test completes invitations.
            ("wait_for_completion", vec![json!(false)]),
            flag("offboard_on_destroy"),
            map("triggers"),
            ("released_emails", vec![json!([]), json!(["Max@example.com", "moe@example.com"])]),
            ("timeouts", vec![json!({"create": "1s"})]),
        ]
    },
};

static SEAT: Sample = Sample {
    example: |user| json!({"user_id": user}),
    known_after_apply: "id",
    in_place: || Some(("send_seat_assigned_email", json!(true))),
    replacing: || Some(("user_id", json!(absent_user_id()))),
    import_ids: |state| vec![text(state, "user_id"), "GRACE@example.com".to_owned()],
    identity: |state| json!({"organization_id": "sandbox", "user_id": state["user_id"]}),
    defaults: || json!({"send_seat_assigned_email": false}),
    choices: |user, other| {
        vec![("user_id", vec![json!(user), json!(other)]), flag("send_seat_assigned_email")]
    },
};

static SERVICE_ACCOUNT: Sample = Sample {
    example: |_| json!({"name": "ci-runner", "keepers": {"a": "1"}}),
    known_after_apply: "id",
    in_place: || None,
    replacing: || Some(("keepers", json!({"a": "2"}))),
    import_ids: |state| vec![text(state, "id"), format!("name/{}", text(state, "name"))],
    identity: |state| json!({"organization_id": "sandbox", "client_id": state["id"]}),
    defaults: || json!({"hide_client_secret": false}),
    choices: |_, _| {
        vec![
            ("name", vec![json!("ci-runner"), json!("other_1")]),
            ("name_prefix", vec![json!("ci-"), json!("x")]),
            map("keepers"),
            flag("hide_client_secret"),
        ]
    },
};

static TOKEN: Sample = Sample {
    example: |user| json!({"user_id": user, "expires_at": "2090-01-31T01:00:00+01:00"}),
    known_after_apply: "id",
    in_place: || Some(("expires_at", json!("2091-01-01T00:00:00Z"))),
    replacing: || Some(("user_id", json!(absent_user_id()))),
    import_ids: |state| {
        let user = text(state, "user_id");
        vec![user.clone(), format!("{user}/{}", text(state, "id"))]
    },
    identity: |state| json!({"organization_id": "sandbox", "user_id": state["user_id"], "id": state["id"]}),
    defaults: || {
        json!({"expiration_tolerance_months": 0, "send_token_email": false,
            "revoke_existing": false, "recreate_if_invalid": true, "hide_token": false})
    },
    choices: |user, other| {
        vec![
            ("user_id", vec![json!(user), json!(other)]),
            (
                "expires_at",
                vec![
                    json!("2090-01-31T01:00:00+01:00"),
                    json!("2090-01-31T00:00:00Z"),
                    json!("2091-01-31T00:00:00.5Z"),
                ],
            ),
            flag("sync_with_subscription"),
            ("early_renewal_hours", vec![json!(1), json!(8760)]),
            map("renewal_triggers"),
            ("expiration_tolerance_months", vec![json!(0), json!(3)]),
            flag("send_token_email"),
            map("keepers"),
            flag("revoke_existing"),
            flag("recreate_if_invalid"),
            flag("hide_token"),
        ]
    },
};

static USER: Sample = Sample {
    example: |_| json!({"email": "Ada@Example.com", "first_name": "Ada"}),
    known_after_apply: "id",
    in_place: || Some(("offboard_on_destroy", json!(false))),
    replacing: || Some(("email", json!("grace@example.com"))),
    import_ids: |state| vec![text(state, "id"), "ada@example.com".to_owned()],
    identity: |state| json!({"organization_id": "sandbox", "id": state["id"]}),
    defaults: || json!({"adopt_existing": false, "offboard_on_destroy": true}),
    choices: |_, _| {
        vec![
            ("email", vec![json!("Ada@Example.com"), json!("ada@example.com"), json!("b@c.de")]),
            ("first_name", vec![json!("Ada"), json!("")]),
            ("last_name", vec![json!("L"), json!("\u{e9} \"")]),
            flag("adopt_existing"),
            flag("offboard_on_destroy"),
        ]
    },
};

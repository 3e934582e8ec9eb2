//! Sandbox with an organization of any size, and the states of all its objects.

use reqwest::Client;
use serde_json::{Value, json};
use terraform_provider_anaconda::sandbox::{Options, Sandbox};

/// Expiration date of all tokens.
pub(crate) const END: &str = "2090-01-31T00:00:00Z";

/// Organization in a sandbox that runs in this process.
pub(crate) struct Organization {
    sandbox: Sandbox,
    client: Client,
}

/// Member with a seat and a token.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) token: String,
}

impl Organization {
    /// Starts an organization with seats for `members` users. Its only member is the admin.
    pub(crate) async fn for_seats(members: usize) -> Self {
        let seats = u32::try_from(members).unwrap() + 1;
        let sandbox = Sandbox::start(Options { seats, ..Options::default() }).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { sandbox, client }
    }

    /// Starts an organization with `members` members.
    pub(crate) async fn with(members: usize) -> (Self, Vec<Member>) {
        let made = Self::for_seats(members).await;
        let mut all = Vec::with_capacity(members);
        for number in 0..members {
            let email = format!("user{number}@example.com");
            let user = made.call("POST", "users", json!({"email": email, "seat": true})).await;
            let id = user["id"].as_str().unwrap().to_owned();
            let tokens = format!("users/{id}/tokens");
            let token = made.call("POST", &tokens, json!({"expires_at": END})).await;
            all.push(Member { id, email, token: token["id"].as_str().unwrap().to_owned() });
        }
        (made, all)
    }

    /// Returns the provider arguments for this organization, in JSON.
    pub(crate) fn provider_block(&self) -> Value {
        let all = Options::default();
        json!({
            "organization_id": all.organization,
            "client_id": all.client_id,
            "client_secret": all.client_secret,
            "base_url": self.sandbox.url(),
        })
    }

    /// Returns the number of API requests since the previous call of this function.
    pub(crate) async fn requests(&self) -> usize {
        let requests = self.call("GET", "requests", Value::Null).await;
        self.call("DELETE", "requests", Value::Null).await;
        let path = |it: &&Value| it["path"].as_str().unwrap().contains("/organizations/");
        requests.as_array().unwrap().iter().filter(path).count()
    }

    /// Returns the number of users, assigned seats, and active tokens, without the admin.
    pub(crate) async fn held(&self) -> [usize; 3] {
        let state = self.call("GET", "state", Value::Null).await;
        let users: Vec<_> = state["users"].as_array().unwrap().iter().collect();
        let people = users.iter().filter(|user| user["role"] != "admin");
        let seats = people.clone().filter(|user| user["seat"] == true).count();
        let live = people
            .clone()
            .flat_map(|user| user["tokens"].as_array().unwrap())
            .filter(|token| token["live"] == true);
        [people.count(), seats, live.count()]
    }

    /// Sends a request to a path below `/_sandbox`.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/_sandbox/{path}", self.sandbox.url());
        let mut request = self.client.request(method.parse().unwrap(), url);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
    }
}

impl Member {
    /// Returns the states of the user, the seat, and the token that Terraform stores.
    pub(crate) fn states(&self) -> [(&'static str, Value); 3] {
        let Self { id, email, token } = self;
        [
            (
                "anaconda_user",
                json!({
                    "id": id, "email": email, "first_name": null, "last_name": null,
                    "managed": false, "adopt_existing": false, "offboard_on_destroy": true,
                    "timeouts": null,
                }),
            ),
            (
                "anaconda_seat",
                json!({
                    "id": id, "user_id": id, "send_seat_assigned_email": false, "timeouts": null,
                }),
            ),
            (
                "anaconda_token",
                json!({
                    "id": token, "user_id": id, "expires_at": END, "sync_with_subscription": null,
                    "early_renewal_hours": null, "renewal_triggers": null,
                    "expiration_tolerance_months": 0, "send_token_email": false, "keepers": null,
                    "revoke_existing": false, "recreate_if_invalid": true, "hide_token": false,
                    "token": null, "revoked": false, "expired": false, "ready_for_renewal": false,
                }),
            ),
        ]
    }
}

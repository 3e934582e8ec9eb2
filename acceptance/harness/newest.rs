//! Steps that need newer programs or that few tests need: queries, identities, the console, and a
//! second program for the same directory.

use std::mem;

use serde_json::Value;

use super::workspace::{Shows, object};
use super::{Options, TestEnv, list, text, unwrapped};
use crate::cli::{Cli, Product};

const QUERY_FILE: &str = "search.tfquery.hcl";

/// One object that `terraform query` found.
#[derive(Clone, Debug)]
pub(crate) struct QueryResult {
    /// Address of the list block that found it, such as `list.anaconda_user.all`.
    pub(crate) address: String,
    pub(crate) display_name: String,
    pub(crate) identity: Value,
    /// Attributes of the object, if the block sets `include_resource`.
    pub(crate) object: Value,
}

impl TestEnv {
    /// Writes `hcl` as the configuration, without a plan.
    pub(crate) fn configure(&self, hcl: &str) {
        self.main.configure(hcl);
    }

    /// Runs a query with these list blocks and the current configuration.
    pub(crate) async fn query(&mut self, blocks: &str) -> Vec<QueryResult> {
        self.main.write(QUERY_FILE, blocks);
        let answer = self.main.run_ok(&["query", "-json"], Shows::NoSecret).await;
        self.main.remove(QUERY_FILE);
        let events = answer.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found = events.filter(|event| event["type"] == "list_resource_found");
        found
            .map(|event| {
                let found = &event["list_resource_found"];
                QueryResult {
                    address: text(found, "address"),
                    display_name: text(found, "display_name"),
                    identity: found["identity"].clone(),
                    object: found["resource_object"].clone(),
                }
            })
            .collect()
    }

    /// Expects that the query fails, and returns the output.
    pub(crate) async fn query_err(&mut self, blocks: &str) -> String {
        self.main.write(QUERY_FILE, blocks);
        let answer = self.command_err(&["query"]).await;
        self.main.remove(QUERY_FILE);
        answer
    }

    /// Runs a query and writes import and resource blocks for all results to `generated.tf`.
    /// Returns that file.
    pub(crate) async fn query_into_configuration(&mut self, blocks: &str) -> String {
        self.main.write(QUERY_FILE, blocks);
        let command = ["query", "-generate-config-out=generated.tf"];
        self.main.run_ok(&command, Shows::NoSecret).await;
        self.main.remove(QUERY_FILE);
        self.read("generated.tf")
    }

    /// Runs a command that must fail, and returns the output.
    pub(crate) async fn command_err(&mut self, arguments: &[&str]) -> String {
        let ended = self.main.run(arguments, Shows::NoSecret).await;
        let command = arguments.join(" ");
        assert!(!ended.status.success(), "`{command}` should have failed:\n{}", ended.text());
        unwrapped(&ended.text())
    }

    /// Applies a configuration that works only once, because a second plan would fail or show
    /// changes. Then empties the configuration.
    pub(crate) async fn apply_once(&mut self, hcl: &str) {
        self.main.configure(hcl);
        self.main.run_ok(&["apply", "-auto-approve"], Shows::NoSecret).await;
        self.reload_state().await;
        self.main.configure("");
    }

    /// Runs a command and returns its JSON output, which can contain secrets, as documented for
    /// `show -json`.
    pub(crate) async fn json(&mut self, arguments: &[&str]) -> Value {
        let answer = self.main.run_ok(arguments, Shows::Secrets).await;
        serde_json::from_str(&answer.stdout).unwrap()
    }

    /// Evaluates an expression in the console. Returns the output and whether it succeeded.
    pub(crate) async fn console(&mut self, expression: &str) -> (String, bool) {
        self.main.write("console.txt", expression);
        let command = ["console"];
        let answer = self.main.run_reading(&command, Shows::NoSecret, Some("console.txt")).await;
        let success = answer.status.success() && !answer.text().contains("Error:");
        (unwrapped(&answer.text()), success)
    }

    /// Reads the state again, after a command that changed it.
    pub(crate) async fn reload_state(&mut self) {
        self.state = self.main.state().await;
    }

    /// Returns the identity of an object in the state, or null if it has none.
    pub(crate) fn identity(&self, address: &str) -> Value {
        let found = object(&self.state, address);
        found.unwrap_or_else(|| panic!("{address} is not in the state"))["identity"].clone()
    }

    /// Runs all later commands with another program, as after an upgrade of Terraform.
    ///
    /// OpenTofu reads a state of Terraform without further steps. For the way back, the state must
    /// name the provider of Terraform's registry.
    pub(crate) async fn switch_to(&mut self, cli: &Cli) {
        let before = mem::replace(&mut self.cli, cli.clone());
        self.main.switch_to(cli);
        if (before.product, cli.product) == (Product::OpenTofu, Product::Terraform) {
            let names = [before.provider_address(), cli.provider_address()];
            let command = ["state", "replace-provider", "-auto-approve", names[0], names[1]];
            self.command(&command).await;
        }
    }

    /// Returns the text of a file in the directory of the configuration.
    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// Returns the bytes of a file in the directory of the configuration.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.main.read(name).unwrap_or_else(|| panic!("there is no file {name}"))
    }

    /// Changes one object in the state file, as an older or newer provider would have stored it.
    pub(crate) fn edit_stored(&self, kind: &str, edit: impl Fn(&mut Value)) {
        let mut state: Value = serde_json::from_slice(&self.bytes("terraform.tfstate")).unwrap();
        let serial = state["serial"].as_u64().unwrap();
        state["serial"] = (serial + 1).into();
        let resources = state["resources"].as_array_mut().unwrap();
        let resource = resources.iter_mut().find(|resource| resource["type"] == kind).unwrap();
        edit(&mut resource["instances"][0]);
        self.main.write("terraform.tfstate", &state.to_string());
    }

    /// Returns the log of the last command with this name.
    pub(crate) fn log(&self, command: &str) -> String {
        self.main.log(command)
    }

    /// Returns the environment variables of commands.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        self.main.environment()
    }

    /// Checks that the provider sent no write request since the requests were last cleared.
    pub(crate) async fn assert_nothing_written(&self) {
        let writes = self.admin.writes().await;
        assert!(writes.is_empty(), "{writes:?}");
    }

    /// Checks that the provider sent no delete request since the requests were last cleared.
    pub(crate) async fn assert_nobody_removed(&self) {
        let writes = self.admin.writes().await;
        assert!(!writes.iter().any(|write| write.starts_with("DELETE")), "{writes:?}");
    }

    /// Adds members with these email addresses out of band, each with a seat and a token. Returns
    /// their IDs.
    pub(crate) async fn add_people(&self, emails: &[&str]) -> Vec<String> {
        let mut ids = Vec::new();
        for email in emails {
            let user = serde_json::json!({"email": email, "seat": true});
            let id = self.admin.add_user(user).await;
            self.admin.issue_token(&id, "2040-01-01T00:00:00Z").await;
            ids.push(id);
        }
        ids
    }

    /// Removes all users except admins out of band, so that a test can end.
    pub(crate) async fn remove_people(&self) {
        for user in list(&self.admin.state().await, "users") {
            if user["role"] != "admin" {
                self.admin.remove_user(&text(&user, "id")).await;
            }
        }
    }

    /// Returns the client IDs of all service accounts except the configured one.
    pub(crate) async fn out_of_band_accounts(&self) -> Vec<String> {
        let accounts = list(&self.admin.state().await, "service_accounts");
        let configured = Options::default().client_id;
        let ids = accounts.iter().map(|account| text(account, "client_id"));
        ids.filter(|id| *id != configured).collect()
    }
}

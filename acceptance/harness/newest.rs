//! What only newer programs do, or what few tests do: searching, identities, the console, another
//! program on the same directory.

use std::mem;

use serde_json::Value;

use super::workspace::{Shows, object};
use super::{Options, TestEnv, list, text, unwrapped};
use crate::cli::{Cli, Product};

const QUERY_FILE: &str = "search.tfquery.hcl";

/// One object that `terraform query` found.
#[derive(Clone, Debug)]
pub(crate) struct QueryResult {
    /// The list block that found it, as in `list.anaconda_user.all`.
    pub(crate) address: String,
    pub(crate) display_name: String,
    pub(crate) identity: Value,
    /// Its attributes, where the block asks for them with `include_resource`.
    pub(crate) object: Value,
}

impl TestEnv {
    /// Makes `hcl` the configuration without planning it.
    pub(crate) fn configure(&self, hcl: &str) {
        self.main.configure(hcl);
    }

    /// Searches with these list blocks, beside the configuration that is there.
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

    /// Searches, and has to fail; the answer is what was said.
    pub(crate) async fn query_err(&mut self, blocks: &str) -> String {
        self.main.write(QUERY_FILE, blocks);
        let answer = self.command_err(&["query"]).await;
        self.main.remove(QUERY_FILE);
        answer
    }

    /// Searches and writes import and resource blocks for all that was found into `generated.tf`.
    /// The answer is that file.
    pub(crate) async fn query_into_configuration(&mut self, blocks: &str) -> String {
        self.main.write(QUERY_FILE, blocks);
        let command = ["query", "-generate-config-out=generated.tf"];
        self.main.run_ok(&command, Shows::NoSecret).await;
        self.main.remove(QUERY_FILE);
        self.read("generated.tf")
    }

    /// A command that has to fail; the answer is what was said.
    pub(crate) async fn command_err(&mut self, arguments: &[&str]) -> String {
        let ended = self.main.run(arguments, Shows::NoSecret).await;
        let command = arguments.join(" ");
        assert!(!ended.status.success(), "`{command}` should have failed:\n{}", ended.text());
        unwrapped(&ended.text())
    }

    /// Applies a configuration whose blocks cannot stay: a second plan of it would fail or ask for
    /// more. Afterwards the configuration is empty.
    pub(crate) async fn apply_once(&mut self, hcl: &str) {
        self.main.configure(hcl);
        self.main.run_ok(&["apply", "-auto-approve"], Shows::NoSecret).await;
        self.reload_state().await;
        self.main.configure("");
    }

    /// A command whose answer is JSON that may hold secrets, as `show -json` is documented to.
    pub(crate) async fn json(&mut self, arguments: &[&str]) -> Value {
        let answer = self.main.run_ok(arguments, Shows::Secrets).await;
        serde_json::from_str(&answer.stdout).unwrap()
    }

    /// What the console answers to an expression, and whether it is an answer.
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

    /// The identity of an object in the state; null where it has none.
    pub(crate) fn identity(&self, address: &str) -> Value {
        let found = object(&self.state, address);
        found.unwrap_or_else(|| panic!("{address} is not in the state"))["identity"].clone()
    }

    /// Makes another program run all later commands, as after an upgrade of Terraform.
    ///
    /// OpenTofu takes a state of Terraform's over by itself. Terraform has to be told that the
    /// provider is the one of its own registry.
    pub(crate) async fn switch_to(&mut self, cli: &Cli) {
        let before = mem::replace(&mut self.cli, cli.clone());
        self.main.switch_to(cli);
        if (before.product, cli.product) == (Product::OpenTofu, Product::Terraform) {
            let names = [before.provider_address(), cli.provider_address()];
            let command = ["state", "replace-provider", "-auto-approve", names[0], names[1]];
            self.command(&command).await;
        }
    }

    /// The text of a file beside the configuration.
    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// The bytes of a file beside the configuration.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.main.read(name).unwrap_or_else(|| panic!("there is no file {name}"))
    }

    /// Changes one object in the state file, as an older or a newer provider would have left it.
    pub(crate) fn edit_stored(&self, kind: &str, edit: impl Fn(&mut Value)) {
        let mut state: Value = serde_json::from_slice(&self.bytes("terraform.tfstate")).unwrap();
        let serial = state["serial"].as_u64().unwrap();
        state["serial"] = (serial + 1).into();
        let resources = state["resources"].as_array_mut().unwrap();
        let resource = resources.iter_mut().find(|resource| resource["type"] == kind).unwrap();
        edit(&mut resource["instances"][0]);
        self.main.write("terraform.tfstate", &state.to_string());
    }

    /// What the last command of this name logged.
    pub(crate) fn log(&self, command: &str) -> String {
        self.main.log(command)
    }

    /// The variables that commands are run with.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        self.main.environment()
    }

    /// Nothing that changes anything was sent since the requests were last forgotten.
    pub(crate) async fn assert_nothing_written(&self) {
        let writes = self.admin.writes().await;
        assert!(writes.is_empty(), "{writes:?}");
    }

    /// Nothing and nobody was removed so far.
    pub(crate) async fn assert_nobody_removed(&self) {
        let writes = self.admin.writes().await;
        assert!(!writes.iter().any(|write| write.starts_with("DELETE")), "{writes:?}");
    }

    /// The ids of the members with these addresses, made by hand, each with a seat and a token.
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

    /// Removes all people that were made by hand, so that a test can end.
    pub(crate) async fn remove_people(&self) {
        for user in list(&self.admin.state().await, "users") {
            if user["role"] != "admin" {
                self.admin.remove_user(&text(&user, "id")).await;
            }
        }
    }

    /// The client ids of the accounts besides the configured one.
    pub(crate) async fn out_of_band_accounts(&self) -> Vec<String> {
        let accounts = list(&self.admin.state().await, "service_accounts");
        let configured = Options::default().client_id;
        let ids = accounts.iter().map(|account| text(account, "client_id"));
        ids.filter(|id| *id != configured).collect()
    }
}

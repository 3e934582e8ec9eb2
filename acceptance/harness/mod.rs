//! A test environment: a sandbox with its organization, and a working directory of Terraform.
//!
//! Each step checks what must always hold. Plan and apply agree. A second plan is empty with a
//! refresh and, once for each test, without one. The state is readable. No secret is printed or
//! logged. The final destroy leaves nothing. A test contains only what is specific to it.

mod admin;
mod kill;
mod newest;
mod plan;
mod processes;
mod workspace;

use std::mem;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

pub(crate) use admin::{Admin, list, text};
pub(crate) use kill::{CommandDiagnostics, KillResult, Message, PendingRequest};
pub(crate) use newest::QueryResult;
use plan::unwrapped;
pub(crate) use plan::{Action, Plan};
pub(crate) use processes::is_supported as processes_can_be_seen;
use serde_json::{Value, json};
use terraform_provider_anaconda::sandbox::Sandbox;
pub(crate) use terraform_provider_anaconda::sandbox::{Dialect, Options};
use workspace::{Shows, Workspace, attributes};

use crate::cli::Cli;

/// Organization and working directory of one test. A test must end with [`TestEnv::destroy`].
#[derive(Debug)]
pub(crate) struct TestEnv {
    cli: Cli,
    sandbox: Sandbox,
    admin: Admin,
    main: Workspace,
    env: Vec<(String, String)>,
    state: Value,
    /// Whether a plan without a refresh was checked. One check for each test is enough, because it
    /// takes as long as any other plan.
    planned_without_refresh: bool,
    destroyed: bool,
}

impl TestEnv {
    /// Starts an organization that uses the newer dialect.
    pub(crate) async fn new(cli: &Cli) -> Self {
        Self::with(cli, Options::default()).await
    }

    /// Starts an organization that uses the guide's dialect, which cannot list users and tokens.
    pub(crate) async fn for_guide(cli: &Cli) -> Self {
        Self::with(cli, Options { dialect: Dialect::Guide, ..Options::default() }).await
    }

    /// Starts an organization with these options.
    pub(crate) async fn with(cli: &Cli, options: Options) -> Self {
        eprintln!("on {} ({})", cli.name(), cli.path().display());
        let mut env = vec![
            ("ANACONDA_ORGANIZATION_ID", options.organization.clone()),
            ("ANACONDA_CLIENT_ID", options.client_id.clone()),
            ("ANACONDA_CLIENT_SECRET", options.client_secret.clone()),
            ("ANACONDA_ADMIN_USERNAME", options.admin_username.clone()),
            ("ANACONDA_ADMIN_PASSWORD", options.admin_password.clone()),
        ];
        let sandbox = Sandbox::start(options).await.unwrap();
        env.push(("ANACONDA_BASE_URL", sandbox.url()));
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>();
        let admin = Admin::new(sandbox.url());
        let main = Workspace::new(cli, &admin, env.clone());
        let state = Value::Null;
        let (planned_without_refresh, destroyed) = (false, false);
        Self {
            cli: cli.clone(),
            sandbox,
            admin,
            main,
            env,
            state,
            planned_without_refresh,
            destroyed,
        }
    }

    /// Returns the client of the sandbox, for reads and out-of-band changes.
    pub(crate) fn sandbox(&self) -> &Admin {
        &self.admin
    }

    /// Returns the URL of the sandbox.
    pub(crate) fn url(&self) -> String {
        self.sandbox.url()
    }

    /// Sets an environment variable for all later commands.
    pub(crate) fn set_env(&mut self, name: &str, value: &str) {
        self.main.set_env(name, value);
    }

    /// Removes an environment variable for all later commands.
    pub(crate) fn unset_env(&mut self, name: &str) {
        self.main.unset_env(name);
    }

    /// Sets the clocks of the sandbox and the provider.
    pub(crate) async fn set_now(&mut self, now: &str) {
        self.admin.set(json!({ "now": now })).await;
        self.set_env("ANACONDA_TEST_NOW", now);
    }

    /// Moves the clock of the provider forward by 1 hour. Then the provider no longer treats a
    /// missing object as recently written and not listed yet.
    pub(crate) fn advance_one_hour(&mut self) {
        let later = Timestamp::now() + SignedDuration::from_hours(1);
        self.set_env("ANACONDA_TEST_NOW", &later.to_string());
    }

    /// Writes another file next to the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        self.main.write(name, text);
    }

    /// Removes a file of the configuration.
    pub(crate) fn remove(&self, name: &str) {
        self.main.remove(name);
    }

    /// Copies the configuration from a directory. The harness then writes no configuration.
    pub(crate) fn copy_configuration(&self, directory: &Path) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                self.main.write(name, &std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Creates a plan.
    pub(crate) async fn plan(&mut self, hcl: &str) -> Plan {
        self.main.configure(hcl);
        self.plan_with(&[]).await
    }

    /// Creates a plan of the current configuration, with more arguments such as `-destroy`.
    pub(crate) async fn plan_with(&mut self, arguments: &[&str]) -> Plan {
        let command = [&["plan", "-out=plan.bin"], arguments].concat();
        let planned = self.main.run_ok(&command, Shows::NoSecret).await;
        let shown = self.main.run_ok(&["show", "-json", "plan.bin"], Shows::Secrets).await;
        Plan::new(&shown.stdout, planned.text())
    }

    /// Expects that the plan fails, and returns its output. Restores the previous configuration.
    pub(crate) async fn plan_err(&mut self, hcl: &str) -> String {
        let before = self.main.configuration();
        self.main.configure(hcl);
        let planned = self.main.run(&["plan"], Shows::NoSecret).await;
        self.main.configure(&before);
        assert!(!planned.status.success(), "the plan should have failed:\n{}", planned.text());
        unwrapped(&planned.text())
    }

    /// Plans, applies exactly that plan, and checks that later plans are empty. Returns the plan.
    pub(crate) async fn apply(&mut self, hcl: &str) -> Plan {
        self.main.configure(hcl);
        self.apply_present().await
    }

    /// Like [`TestEnv::apply`], with the current configuration.
    pub(crate) async fn apply_present(&mut self) -> Plan {
        let (plan, _) = self.apply_without_plan_check().await;
        self.assert_settled().await;
        plan
    }

    /// Applies without the checks of [`TestEnv::apply`]. Returns the plan and the output.
    pub(crate) async fn apply_unchecked(&mut self, hcl: &str) -> (Plan, String) {
        self.main.configure(hcl);
        self.apply_without_plan_check().await
    }

    async fn apply_without_plan_check(&mut self) -> (Plan, String) {
        let plan = self.plan_with(&[]).await;
        let applied = self.main.run_ok(&["apply", "plan.bin"], Shows::NoSecret).await;
        self.state = self.main.state().await;
        (plan, unwrapped(&applied.text()))
    }

    /// Applies the last saved plan, however old it is. Returns the output, as an error if it
    /// failed.
    pub(crate) async fn apply_saved(&mut self) -> Result<String, String> {
        let applied = self.main.run(&["apply", "plan.bin"], Shows::NoSecret).await;
        self.state = self.main.state().await;
        let said = unwrapped(&applied.text());
        if applied.status.success() { Ok(said) } else { Err(said) }
    }

    /// Returns the exit code and output of a drift detection job: 0 without drift, 2 with drift.
    pub(crate) async fn drift(&mut self) -> (Option<i32>, String) {
        let command = ["plan", "-refresh-only", "-detailed-exitcode"];
        let looked = self.main.run(&command, Shows::NoSecret).await;
        (looked.status.code(), looked.text())
    }

    /// Checks that a plan is empty with a refresh and, once for each test, without one.
    pub(crate) async fn assert_settled(&mut self) {
        let without_refresh = !mem::replace(&mut self.planned_without_refresh, true);
        let plans: &[&[&str]] = if without_refresh { &[&["-refresh=false"], &[]] } else { &[&[]] };
        for more in plans {
            let command = [&["plan", "-detailed-exitcode"], *more].concat();
            let plan = self.main.run(&command, Shows::NoSecret).await;
            let code = plan.status.code();
            assert_eq!(code, Some(0), "`{}` is not empty:\n{}", command.join(" "), plan.text());
            let drift = plan.stdout.contains("Objects have changed outside of ");
            assert!(!drift, "`{}` sees drift:\n{}", command.join(" "), plan.text());
        }
    }

    /// Expects that the apply fails, in the plan or later, and returns the output.
    pub(crate) async fn apply_err(&mut self, hcl: &str) -> String {
        self.main.configure(hcl);
        let applied = self.main.run(&["apply", "-auto-approve"], Shows::NoSecret).await;
        assert!(!applied.status.success(), "this should have failed:\n{}", applied.text());
        self.state = self.main.state().await;
        unwrapped(&applied.text())
    }

    /// Refreshes the state without other changes, and returns the output.
    pub(crate) async fn refresh(&mut self) -> String {
        let command = ["apply", "-refresh-only", "-auto-approve"];
        let refreshed = self.main.run_ok(&command, Shows::NoSecret).await;
        self.state = self.main.state().await;
        unwrapped(&refreshed.text())
    }

    /// Returns the attributes of an object, as of the last apply, refresh, or import.
    pub(crate) fn state(&self, address: &str) -> Value {
        let found = attributes(&self.state, address);
        found.unwrap_or_else(|| panic!("{address} is not in the state"))
    }

    /// Returns the address and the attributes of each managed object in the state.
    pub(crate) fn managed(&self) -> Vec<(String, Value)> {
        let mut all = list(&self.state["values"]["root_module"], "resources");
        all.retain(|one| one["mode"] == "managed");
        all.iter().map(|one| (text(one, "address"), one["values"].clone())).collect()
    }

    /// Returns one attribute of an object. It must be text.
    pub(crate) fn text(&self, address: &str, attribute: &str) -> String {
        text(&self.state(address), attribute)
    }

    /// Whether the state contains an object.
    pub(crate) fn has(&self, address: &str) -> bool {
        attributes(&self.state, address).is_some()
    }

    /// Returns the value of an output, sensitive or not.
    pub(crate) async fn output(&mut self, name: &str) -> String {
        self.main.run_ok(&["output", "-raw", name], Shows::Secrets).await.stdout
    }

    /// Runs any other command that must succeed, and returns its output.
    pub(crate) async fn command(&mut self, arguments: &[&str]) -> String {
        self.main.run_ok(arguments, Shows::NoSecret).await.text()
    }

    /// Imports an object into the state, and returns the output.
    pub(crate) async fn import(&mut self, hcl: &str, address: &str, id: &str) -> String {
        self.main.configure(hcl);
        let imported = self.main.run_ok(&["import", address, id], Shows::NoSecret).await;
        self.state = self.main.state().await;
        unwrapped(&imported.text())
    }

    /// Expects that the import fails, and returns the output.
    pub(crate) async fn import_err(&mut self, hcl: &str, address: &str, id: &str) -> String {
        self.main.configure(hcl);
        let imported = self.main.run(&["import", address, id], Shows::NoSecret).await;
        assert!(!imported.status.success(), "this should have failed:\n{}", imported.text());
        unwrapped(&imported.text())
    }

    /// Imports an object of the state into a new directory with the configuration `hcl`.
    ///
    /// Compares every attribute with the state, except for the ignored ones. Then checks that a
    /// plan does not change the object.
    pub(crate) async fn import_verify(
        &mut self,
        hcl: &str,
        address: &str,
        id: &str,
        ignore: &[&str],
    ) {
        let mut fresh = Workspace::new(&self.cli, &self.admin, self.env.clone());
        fresh.configure(hcl);
        fresh.run_ok(&["import", address, id], Shows::NoSecret).await;
        let mut imported = attributes(&fresh.state().await, address).unwrap();
        let mut known = self.state(address);
        for attribute in ignore {
            imported.as_object_mut().unwrap().remove(*attribute);
            known.as_object_mut().unwrap().remove(*attribute);
        }
        assert_eq!(imported, known, "{address}, imported as {id}");

        let planned = fresh.run_ok(&["plan", "-out=plan.bin"], Shows::NoSecret).await;
        let shown = fresh.run_ok(&["show", "-json", "plan.bin"], Shows::Secrets).await;
        let plan = Plan::new(&shown.stdout, planned.text());
        assert_eq!(plan.action(address), Action::NoOp, "after the import:\n{}", plan.text());
    }

    /// Destroys everything that Terraform created, and checks that nothing is left.
    pub(crate) async fn destroy(self) {
        self.destroy_with(&["destroy", "-auto-approve"]).await;
    }

    /// Like [`TestEnv::destroy`], for tests in which the provider would reject the refresh plan of
    /// a destroy.
    pub(crate) async fn destroy_without_refresh(self) {
        self.destroy_with(&["destroy", "-auto-approve", "-refresh=false"]).await;
    }

    async fn destroy_with(mut self, command: &[&str]) {
        self.main.run_ok(command, Shows::NoSecret).await;
        let state = self.main.state().await;
        assert!(state["values"]["root_module"]["resources"].is_null(), "the state is not empty");

        let left = self.admin.state().await;
        let users = list(&left, "users");
        assert!(users.iter().all(|user| user["role"] == "admin"), "users are left: {users:?}");
        let live = |user: &Value| list(user, "tokens").iter().any(|token| token["live"] == true);
        assert!(!users.iter().any(live), "live tokens are left: {users:?}");
        assert_eq!(left["seats"]["used"], 0, "seats are left: {users:?}");
        let accounts = list(&left, "service_accounts");
        assert_eq!(accounts.len(), 1, "service accounts are left: {accounts:?}");
        self.destroyed = true;
    }
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        let forgotten = !self.destroyed && !std::thread::panicking();
        assert!(!forgotten, "a test has to end with `TestEnv::destroy`, which checks what is left");
    }
}

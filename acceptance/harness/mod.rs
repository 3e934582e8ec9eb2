//! A world for one test: a sandbox with its organization, and a working directory of Terraform's.
//!
//! Each step checks by itself what must always hold: plan and apply agree, a second plan is empty
//! with a refresh and (once) without one, the state can be read, no secret is printed or logged, and nothing
//! is left after the end. A test says only what is special about it.

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

/// The organization and the working directory of one test. It ends with [`TestEnv::destroy`].
#[derive(Debug)]
pub(crate) struct TestEnv {
    cli: Cli,
    sandbox: Sandbox,
    admin: Admin,
    main: Workspace,
    env: Vec<(String, String)>,
    state: Value,
    /// Whether a plan by the state alone was checked. One for each test is enough: it takes as long
    /// as any other plan.
    planned_without_refresh: bool,
    destroyed: bool,
}

impl TestEnv {
    /// An organization that speaks the newer dialect.
    pub(crate) async fn new(cli: &Cli) -> Self {
        Self::with(cli, Options::default()).await
    }

    /// An organization that speaks the guide's dialect: users and tokens cannot be listed.
    pub(crate) async fn for_guide(cli: &Cli) -> Self {
        Self::with(cli, Options { dialect: Dialect::Guide, ..Options::default() }).await
    }

    /// An organization as described.
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

    /// The sandbox, to look at and to change behind Terraform's back.
    pub(crate) fn sandbox(&self) -> &Admin {
        &self.admin
    }

    /// Where the sandbox listens.
    pub(crate) fn url(&self) -> String {
        self.sandbox.url()
    }

    /// Sets a variable for all later commands.
    pub(crate) fn set_env(&mut self, name: &str, value: &str) {
        self.main.set_env(name, value);
    }

    /// Takes a variable away from all later commands.
    pub(crate) fn unset_env(&mut self, name: &str) {
        self.main.unset_env(name);
    }

    /// Sets the clocks of the sandbox and of the provider.
    pub(crate) async fn set_now(&mut self, now: &str) {
        self.admin.set(json!({ "now": now })).await;
        self.set_env("ANACONDA_TEST_NOW", now);
    }

    /// An hour passes for the provider: whatever it made before is listed by now, or gone.
    pub(crate) fn advance_one_hour(&mut self) {
        let later = Timestamp::now() + SignedDuration::from_hours(1);
        self.set_env("ANACONDA_TEST_NOW", &later.to_string());
    }

    /// Writes another file beside the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        self.main.write(name, text);
    }

    /// Removes a file of the configuration.
    pub(crate) fn remove(&self, name: &str) {
        self.main.remove(name);
    }

    /// Copies the configuration of a directory, in place of the one that the harness writes.
    pub(crate) fn copy_configuration(&self, directory: &Path) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                self.main.write(name, &std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Plans.
    pub(crate) async fn plan(&mut self, hcl: &str) -> Plan {
        self.main.configure(hcl);
        self.plan_with(&[]).await
    }

    /// Plans the configuration that is there, with more arguments, as in `-destroy`.
    pub(crate) async fn plan_with(&mut self, arguments: &[&str]) -> Plan {
        let command = [&["plan", "-out=plan.bin"], arguments].concat();
        let planned = self.main.run_ok(&command, Shows::NoSecret).await;
        let shown = self.main.run_ok(&["show", "-json", "plan.bin"], Shows::Secrets).await;
        Plan::new(&shown.stdout, planned.text())
    }

    /// Plans, and has to fail; the answer is all that was said. The configuration does not stay.
    pub(crate) async fn plan_err(&mut self, hcl: &str) -> String {
        let before = self.main.configuration();
        self.main.configure(hcl);
        let planned = self.main.run(&["plan"], Shows::NoSecret).await;
        self.main.configure(&before);
        assert!(!planned.status.success(), "the plan should have failed:\n{}", planned.text());
        unwrapped(&planned.text())
    }

    /// Plans, applies exactly that plan, and checks that it all settled. The answer is the plan.
    pub(crate) async fn apply(&mut self, hcl: &str) -> Plan {
        self.main.configure(hcl);
        self.apply_present().await
    }

    /// Like [`TestEnv::apply`], of the configuration that is there.
    pub(crate) async fn apply_present(&mut self) -> Plan {
        let (plan, _) = self.apply_without_plan_check().await;
        self.assert_settled().await;
        plan
    }

    /// Applies and leaves the checks to the test; the answer is the plan and what was said.
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

    /// Applies the plan that was made last, however long ago. Answers all that was said; an error when
    /// it failed.
    pub(crate) async fn apply_saved(&mut self) -> Result<String, String> {
        let applied = self.main.run(&["apply", "plan.bin"], Shows::NoSecret).await;
        self.state = self.main.state().await;
        let said = unwrapped(&applied.text());
        if applied.status.success() { Ok(said) } else { Err(said) }
    }

    /// What a job that looks for drift is answered: 0 for none, 2 for some.
    pub(crate) async fn drift(&mut self) -> (Option<i32>, String) {
        let command = ["plan", "-refresh-only", "-detailed-exitcode"];
        let looked = self.main.run(&command, Shows::NoSecret).await;
        (looked.status.code(), looked.text())
    }

    /// Checks that a plan is empty with a refresh, and once for each test also without one.
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

    /// Applies, and has to fail, in the plan or later; the answer is all that was said.
    pub(crate) async fn apply_err(&mut self, hcl: &str) -> String {
        self.main.configure(hcl);
        let applied = self.main.run(&["apply", "-auto-approve"], Shows::NoSecret).await;
        assert!(!applied.status.success(), "this should have failed:\n{}", applied.text());
        self.state = self.main.state().await;
        unwrapped(&applied.text())
    }

    /// Reads the organization into the state, changing nothing else. The answer is what was said.
    pub(crate) async fn refresh(&mut self) -> String {
        let command = ["apply", "-refresh-only", "-auto-approve"];
        let refreshed = self.main.run_ok(&command, Shows::NoSecret).await;
        self.state = self.main.state().await;
        unwrapped(&refreshed.text())
    }

    /// The attributes of an object, after the last apply, refresh or import.
    pub(crate) fn state(&self, address: &str) -> Value {
        let found = attributes(&self.state, address);
        found.unwrap_or_else(|| panic!("{address} is not in the state"))
    }

    /// The managed objects in the state, by address, with their attributes.
    pub(crate) fn managed(&self) -> Vec<(String, Value)> {
        let mut all = list(&self.state["values"]["root_module"], "resources");
        all.retain(|one| one["mode"] == "managed");
        all.iter().map(|one| (text(one, "address"), one["values"].clone())).collect()
    }

    /// One attribute of an object that has to be text.
    pub(crate) fn text(&self, address: &str, attribute: &str) -> String {
        text(&self.state(address), attribute)
    }

    /// Whether an object is in the state.
    pub(crate) fn has(&self, address: &str) -> bool {
        attributes(&self.state, address).is_some()
    }

    /// The value of an output, secret or not.
    pub(crate) async fn output(&mut self, name: &str) -> String {
        self.main.run_ok(&["output", "-raw", name], Shows::Secrets).await.stdout
    }

    /// Any other command that has to succeed; the answer is what was said.
    pub(crate) async fn command(&mut self, arguments: &[&str]) -> String {
        self.main.run_ok(arguments, Shows::NoSecret).await.text()
    }

    /// Imports an object into the state; the answer is what was said.
    pub(crate) async fn import(&mut self, hcl: &str, address: &str, id: &str) -> String {
        self.main.configure(hcl);
        let imported = self.main.run_ok(&["import", address, id], Shows::NoSecret).await;
        self.state = self.main.state().await;
        unwrapped(&imported.text())
    }

    /// Imports, and has to fail; the answer is what was said.
    pub(crate) async fn import_err(&mut self, hcl: &str, address: &str, id: &str) -> String {
        self.main.configure(hcl);
        let imported = self.main.run(&["import", address, id], Shows::NoSecret).await;
        assert!(!imported.status.success(), "this should have failed:\n{}", imported.text());
        unwrapped(&imported.text())
    }

    /// Imports an object that is in the state into a fresh directory with the configuration
    /// `hcl`, and compares every attribute with the state, apart from the ignored ones. Then a
    /// plan has to leave the object alone.
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

    /// Destroys all that Terraform made, and checks that nothing is left of it.
    pub(crate) async fn destroy(self) {
        self.destroy_with(&["destroy", "-auto-approve"]).await;
    }

    /// The same where the plan that Terraform makes first would be refused.
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

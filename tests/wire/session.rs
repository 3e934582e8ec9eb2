//! Plugin session with JSON values. The session checks every response as Terraform does.

use std::sync::Mutex;

use serde_json::Value;
use tonic::transport::Channel;

use crate::admin::{Organization, provider_block};
use crate::harness::{Launch, Plugin};
use crate::proto::tfplugin5::attribute_path::step::Selector;
use crate::proto::tfplugin5::diagnostic::Severity;
use crate::proto::tfplugin5::provider_client::ProviderClient;
use crate::proto::tfplugin5::{
    AttributePath, Diagnostic, apply_resource_change, configure, import_resource_state,
    plan_resource_change, read_resource,
};
use crate::terraform::{block, check_applied, check_names, check_plan, object, propose};
use crate::values::{pack, unpack_some};

/// Plugin with one connection to it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) plugin: Plugin,
    pub(crate) client: ProviderClient<Channel>,
    /// Private state that the session sends with each call. The initial value is not from the
    /// provider.
    pub(crate) private: Vec<u8>,
    run: Mutex<Run>,
}

/// Run of Terraform that a session simulates.
#[derive(Debug, Default)]
struct Run {
    config: Option<Value>,
    /// Whether the run created an object.
    has_created: bool,
    /// Whether a removal does not start a new run.
    goes_on: bool,
}

/// Planned change.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) state: Value,
    /// Encoded planned state, as the provider sent it.
    pub(crate) bytes: Vec<u8>,
    /// Attributes that require a replacement.
    pub(crate) replace: Vec<String>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// Private data that Terraform passes to the second plan call of a replacement.
    pub(crate) private: Vec<u8>,
}

/// Result of an apply or a read.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// New state. Null if the response contains no state.
    pub(crate) state: Value,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) private: Vec<u8>,
}

impl Outcome {
    /// Returns the state of a successful call.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(errors(&self.diagnostics).is_empty(), "{:?}", self.diagnostics);
        self.state
    }
}

impl Session {
    /// Starts a session with a plugin that is not configured.
    pub(crate) async fn unconfigured(launch: Launch) -> Self {
        let plugin = launch.start().await;
        // Terraform accepts responses of any size.
        let client = plugin.client().await.max_decoding_message_size(usize::MAX);
        Self { plugin, client, private: b"private".to_vec(), run: Mutex::default() }
    }

    /// Starts a session with a plugin that Terraform has configured for an organization.
    pub(crate) async fn with(organization: &Organization) -> Self {
        Self::at(&organization.url()).await
    }

    /// Starts a session with a plugin that is configured for this base URL.
    pub(crate) async fn at(url: &str) -> Self {
        let session = Self::unconfigured(Launch::by_terraform()).await;
        assert_eq!(session.configure(&provider_block(url)).await, []);
        session
    }

    /// Makes all further calls belong to one run. Otherwise a removal after a create starts a new
    /// run, because Terraform never removes an object that it has just created.
    pub(crate) fn in_one_run(&self) {
        self.run.lock().unwrap().goes_on = true;
    }

    /// Configures the plugin, which starts a run.
    pub(crate) async fn configure(&self, given: &Value) -> Vec<Diagnostic> {
        self.configure_as("1.14.0", given).await
    }

    /// Configures the plugin as this version of Terraform.
    pub(crate) async fn configure_as(&self, terraform: &str, given: &Value) -> Vec<Diagnostic> {
        let goes_on = self.run.lock().unwrap().goes_on;
        *self.run.lock().unwrap() =
            Run { config: Some(given.clone()), has_created: false, goes_on };
        let config = Some(pack(&object(block("").await, given)));
        let request = configure::Request {
            terraform_version: terraform.to_owned(),
            config,
            ..Default::default()
        };
        self.client.clone().configure(request).await.unwrap().into_inner().diagnostics
    }

    /// Plans, and checks that Terraform allows the plan.
    pub(crate) async fn plan(
        &self,
        name: &str,
        prior: &Value,
        given: &Value,
    ) -> Result<Plan, Vec<Diagnostic>> {
        self.plan_after(name, prior, given, self.private.clone()).await
    }

    /// Plans the second half of a replacement, as Terraform does after the first: with a null prior
    /// state.
    pub(crate) async fn plan_second(
        &self,
        name: &str,
        first: &Plan,
        given: &Value,
    ) -> Result<Plan, Vec<Diagnostic>> {
        self.plan_after(name, &Value::Null, given, first.private.clone()).await
    }

    async fn plan_after(
        &self,
        name: &str,
        prior: &Value,
        given: &Value,
        private: Vec<u8>,
    ) -> Result<Plan, Vec<Diagnostic>> {
        let block = block(name).await;
        let config = object(block, given);
        let request = plan_resource_change::Request {
            type_name: name.to_owned(),
            prior_state: Some(pack(prior)),
            proposed_new_state: Some(pack(&propose(block, &config, prior))),
            config: Some(pack(&config)),
            prior_private: private,
            ..Default::default()
        };
        let answer = self.client.clone().plan_resource_change(request).await;
        let answer = answer.unwrap().into_inner();
        if !errors(&answer.diagnostics).is_empty() {
            return Err(answer.diagnostics);
        }
        let state = unpack_some(answer.planned_state.as_ref());
        check_plan(block, &config, prior, &state);
        assert_marked(&answer.planned_private, &self.private);
        assert!(!answer.legacy_type_system && answer.deferred.is_none());
        let replace: Vec<_> = answer.requires_replace.iter().map(in_words).collect();
        Ok(Plan {
            state,
            bytes: answer.planned_state.unwrap().msgpack,
            replace,
            warnings: answer.diagnostics,
            private: answer.planned_private,
        })
    }

    /// Plans a removal.
    pub(crate) async fn plan_delete(&self, name: &str, prior: &Value) -> Vec<Diagnostic> {
        let request = plan_resource_change::Request {
            type_name: name.to_owned(),
            prior_state: Some(pack(prior)),
            proposed_new_state: Some(pack(&Value::Null)),
            config: Some(pack(&Value::Null)),
            prior_private: self.private.clone(),
            ..Default::default()
        };
        let answer = self.client.clone().plan_resource_change(request).await.unwrap().into_inner();
        if errors(&answer.diagnostics).is_empty() {
            assert_eq!(unpack_some(answer.planned_state.as_ref()), Value::Null);
            assert_marked(&answer.planned_private, &self.private);
        }
        answer.diagnostics
    }

    /// Applies a plan. A null `planned` value is a removal.
    pub(crate) async fn apply(
        &self,
        name: &str,
        prior: &Value,
        planned: &Value,
        given: &Value,
    ) -> Outcome {
        let block = block(name).await;
        let next_run = {
            let mut run = self.run.lock().unwrap();
            run.has_created |= prior.is_null();
            let ends = planned.is_null() && run.has_created && !run.goes_on;
            run.config.clone().filter(|_| ends)
        };
        if let Some(config) = next_run {
            assert_eq!(self.configure(&config).await, []);
        }
        let config = if planned.is_null() { Value::Null } else { object(block, given) };
        let request = apply_resource_change::Request {
            type_name: name.to_owned(),
            prior_state: Some(pack(prior)),
            planned_state: Some(pack(planned)),
            config: Some(pack(&config)),
            planned_private: self.private.clone(),
            ..Default::default()
        };
        let answer = self.client.clone().apply_resource_change(request).await.unwrap().into_inner();
        let state = unpack_some(answer.new_state.as_ref());
        // If the provider wrote nothing, it returns the private data that Terraform sent.
        if answer.private != self.private {
            let private: Value = serde_json::from_slice(&answer.private).unwrap();
            let written = &private["written"];
            assert!(written.is_null() || written.is_u64(), "{private}");
        }
        assert!(!answer.legacy_type_system);
        if errors(&answer.diagnostics).is_empty() {
            if planned.is_null() {
                assert_eq!(state, Value::Null);
            } else {
                check_applied(block, planned, &state);
            }
        } else if !state.is_null() {
            check_names(block, &state);
        }
        Outcome { state, diagnostics: answer.diagnostics, private: answer.private }
    }

    /// Plans and applies a new object. Checks that a second plan has no changes.
    pub(crate) async fn create(&self, name: &str, given: &Value) -> Value {
        let plan = self.plan(name, &Value::Null, given).await.unwrap();
        let state = self.apply(name, &Value::Null, &plan.state, given).await.ok();
        let again = self.plan(name, &state, given).await.unwrap();
        assert_eq!((&again.state, again.replace.len()), (&state, 0));
        state
    }

    pub(crate) async fn delete(&self, name: &str, state: &Value) -> Outcome {
        self.apply(name, state, &Value::Null, &Value::Null).await
    }

    pub(crate) async fn read(&self, name: &str, state: &Value) -> Outcome {
        let request = read_resource::Request {
            type_name: name.to_owned(),
            current_state: Some(pack(state)),
            private: self.private.clone(),
            ..Default::default()
        };
        let answer = self.client.clone().read_resource(request).await.unwrap().into_inner();
        if !errors(&answer.diagnostics).is_empty() {
            assert_eq!(answer.new_state, None, "a look that failed tells nothing");
            let Answer { diagnostics, private, .. } = answer;
            return Outcome { state: Value::Null, diagnostics, private };
        }
        let state = unpack_some(answer.new_state.as_ref());
        if !state.is_null() {
            check_applied(block(name).await, &state, &state);
        }
        Outcome { state, diagnostics: answer.diagnostics, private: answer.private }
    }

    /// Imports, and reads as Terraform does after it.
    pub(crate) async fn import(&self, name: &str, id: &str) -> Result<Value, Vec<Diagnostic>> {
        let request = import_resource_state::Request {
            type_name: name.to_owned(),
            id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.client.clone().import_resource_state(request).await.unwrap().into_inner();
        if !errors(&answer.diagnostics).is_empty() {
            assert_eq!(answer.imported_resources, []);
            return Err(answer.diagnostics);
        }
        let [imported] = answer.imported_resources.as_slice() else { panic!("{answer:?}") };
        assert_eq!(imported.type_name, name);
        let state = unpack_some(imported.state.as_ref());
        check_names(block(name).await, &state);
        Ok(self.read(name, &state).await.ok())
    }
}

/// Checks the private data in a plan response. It can contain a mark for the next call, in a JSON
/// object.
#[track_caller]
fn assert_marked(private: &[u8], sent: &[u8]) {
    let known = private == sent
        || serde_json::from_slice::<Value>(private).is_ok_and(|it| it["plan"].is_string());
    assert!(known, "{}", String::from_utf8_lossy(private));
}

type Answer = read_resource::Response;

/// Returns the errors among the diagnostics. Checks that every diagnostic has a summary in one line
/// and a detail.
#[track_caller]
pub(crate) fn errors(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    for one in diagnostics {
        assert!(!one.summary.is_empty() && !one.summary.contains('\n'), "{one:?}");
        assert!(!one.detail.is_empty(), "{one:?}");
        assert_ne!(one.severity(), Severity::Invalid, "{one:?}");
    }
    diagnostics.iter().filter(|one| one.severity() == Severity::Error).collect()
}

/// Returns the path of a diagnostic, such as `timeouts.create`. Empty for the whole block.
pub(crate) fn place(diagnostic: &Diagnostic) -> String {
    diagnostic.attribute.as_ref().map(in_words).unwrap_or_default()
}

fn in_words(path: &AttributePath) -> String {
    let steps = path.steps.iter().map(|step| match step.selector.as_ref().unwrap() {
        Selector::AttributeName(name) | Selector::ElementKeyString(name) => name.clone(),
        Selector::ElementKeyInt(position) => position.to_string(),
    });
    steps.collect::<Vec<_>>().join(".")
}

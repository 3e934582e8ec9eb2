//! gRPC service that Terraform calls. Each RPC is a separate task, and each response is
//! well-formed.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, async_trait};
use tracing::{Instrument, debug, debug_span};

use super::calls::{actions, data_sources, ephemerals, functions, lists, resources, stored};
use super::tfplugin5 as pb;
use super::{convert, provider_calls};
use crate::tf_provider::context::{Client, Context};
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};
use crate::tf_provider::provider::Provider;
use crate::tf_provider::running::spawn;
use crate::tf_provider::value::Value;

type Answer<A> = std::result::Result<Response<A>, Status>;

/// Provider as a service of the protocol.
#[derive(Debug)]
pub(crate) struct Service<C>(Arc<Shared<C>>);

/// State that the RPCs share.
#[derive(Debug)]
pub(super) struct Shared<C> {
    pub(super) provider: Provider<C>,
    session: Mutex<Session<C>>,
}

/// State that changes while the process runs.
#[derive(Debug)]
struct Session<C> {
    client: Option<C>,
    /// Whether the provider configuration contains unknown values.
    incomplete: bool,
    stop: CancellationToken,
}

impl<C: Client> Service<C> {
    pub(crate) fn new(provider: Provider<C>) -> Self {
        let session =
            Mutex::new(Session { client: None, incomplete: false, stop: CancellationToken::new() });
        Self(Arc::new(Shared { provider, session }))
    }

    /// Runs an RPC as a separate task. It continues if the client drops the request, and a panic in
    /// it becomes a response instead of a broken stream.
    async fn answer<Q, A, F>(
        &self,
        rpc: &'static str,
        subject: &str,
        request: Q,
        call: impl FnOnce(Arc<Shared<C>>, Q) -> F,
    ) -> Answer<A>
    where
        A: WithDiagnostics + Send + 'static,
        F: Future<Output = Result<A>> + Send + 'static,
    {
        let span = debug_span!("call", tf_rpc = rpc, tf_type = subject);
        let call = call(Arc::clone(&self.0), request);
        let timed = async move {
            let start = std::time::Instant::now();
            let outcome = call.await;
            debug!(
                duration_ms = start.elapsed().as_secs_f64() * 1e3,
                failed = outcome.is_err(),
                "answered"
            );
            outcome
        };
        let outcome = spawn(timed.instrument(span)).await;
        let answer = outcome.unwrap_or_else(|_| {
            let what = format!("{rpc} of \"{subject}\" ended in a panic; the log has the details.");
            Err(Diagnostic::bug(what).into())
        });
        Ok(Response::new(answer.unwrap_or_else(A::with_diagnostics)))
    }
}

impl<C: Client> Shared<C> {
    /// Returns the context of one RPC.
    pub(super) fn cx(&self) -> Context<C> {
        let session = self.session();
        Context::new(session.client.as_ref(), session.stop.clone())
    }

    /// Returns the scope of the client, if it is known.
    pub(super) fn scope(&self) -> Option<String> {
        self.session().client.as_ref()?.scope()
    }

    /// Stores the client of the last configuration: in debug mode, one process is configured
    /// several times.
    pub(super) fn configure(&self, client: C, config: &Value) {
        let mut session = self.session();
        session.client = Some(client);
        session.incomplete = !config.is_wholly_known();
    }

    /// Returns the reason for deferring an object to a later run, if the client supports it. The
    /// only reason is an unknown provider configuration, never the capability alone.
    pub(super) fn deferral(
        &self,
        capabilities: Option<pb::ClientCapabilities>,
    ) -> Option<pb::Deferred> {
        let allowed = capabilities.is_some_and(|can| can.deferral_allowed);
        let reason = pb::deferred::Reason::ProviderConfigUnknown.into();
        (allowed && self.session().incomplete).then_some(pb::Deferred { reason })
    }

    /// Cancels the waits of all running RPCs. Later RPCs run as usual: Terraform still finishes
    /// what it started, and a process in debug mode serves further runs.
    fn stop(&self) {
        let mut session = self.session();
        std::mem::take(&mut session.stop).cancel();
    }

    fn session(&self) -> MutexGuard<'_, Session<C>> {
        // No holder of this lock can leave the session half changed.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Response that can carry diagnostics instead of its result.
trait WithDiagnostics: Default {
    fn diagnostics(&mut self) -> &mut Vec<pb::Diagnostic>;

    fn with_diagnostics(why: Diagnostics) -> Self {
        let mut answer = Self::default();
        *answer.diagnostics() = convert::diagnostics(why);
        answer
    }
}

macro_rules! with_diagnostics {
    ($($call:ident)*) => {$(
        impl WithDiagnostics for pb::$call::Response {
            fn diagnostics(&mut self) -> &mut Vec<pb::Diagnostic> {
                &mut self.diagnostics
            }
        }
    )*};
}

with_diagnostics! {
    get_metadata get_provider_schema prepare_provider_config validate_resource_type_config
    validate_data_source_config upgrade_resource_state get_resource_identity_schemas
    upgrade_resource_identity configure read_resource plan_resource_change apply_resource_change
    import_resource_state move_resource_state read_data_source generate_resource_config
    validate_ephemeral_resource_config open_ephemeral_resource renew_ephemeral_resource
    close_ephemeral_resource validate_list_resource_config plan_action validate_action_config
}

/// Return type that `#[async_trait]` generates for an `async fn`. It does not process methods that
/// a macro generates.
type Later<'a, A> = Pin<Box<dyn Future<Output = Answer<A>> + Send + 'a>>;

/// Implements RPCs that work on one type, whose name is a field of the request.
macro_rules! calls {
    ($($name:ident($rpc:literal, $subject:ident) = $function:path;)*) => {$(
        fn $name<'a, 'b>(
            &'a self,
            request: Request<pb::$name::Request>,
        ) -> Later<'b, pb::$name::Response>
        where
            'a: 'b,
            Self: 'b,
        {
            let request = request.into_inner();
            let subject = request.$subject.clone();
            Box::pin(async move { self.answer($rpc, &subject, request, $function).await })
        }
    )*};
}

#[async_trait]
impl<C: Client> pb::provider_server::Provider for Service<C> {
    calls! {
        validate_resource_type_config("ValidateResourceTypeConfig", type_name) = resources::validate;
        read_resource("ReadResource", type_name) = resources::read;
        plan_resource_change("PlanResourceChange", type_name) = resources::plan;
        apply_resource_change("ApplyResourceChange", type_name) = resources::apply;
        generate_resource_config("GenerateResourceConfig", type_name) = resources::generate;
        upgrade_resource_state("UpgradeResourceState", type_name) = stored::upgrade;
        upgrade_resource_identity("UpgradeResourceIdentity", type_name) = stored::upgrade_identity;
        import_resource_state("ImportResourceState", type_name) = stored::import;
        validate_data_source_config("ValidateDataSourceConfig", type_name) = data_sources::validate;
        read_data_source("ReadDataSource", type_name) = data_sources::read;
        validate_ephemeral_resource_config("ValidateEphemeralResourceConfig", type_name) = ephemerals::validate;
        open_ephemeral_resource("OpenEphemeralResource", type_name) = ephemerals::open;
        renew_ephemeral_resource("RenewEphemeralResource", type_name) = ephemerals::renew;
        close_ephemeral_resource("CloseEphemeralResource", type_name) = ephemerals::close;
        validate_list_resource_config("ValidateListResourceConfig", type_name) = lists::validate;
        validate_action_config("ValidateActionConfig", type_name) = actions::validate;
        plan_action("PlanAction", action_type) = actions::plan;
        configure("Configure", terraform_version) = provider_calls::configure;
    }

    async fn get_metadata(
        &self,
        _: Request<pb::get_metadata::Request>,
    ) -> Answer<pb::get_metadata::Response> {
        Ok(Response::new(provider_calls::metadata(&self.0.provider)))
    }

    async fn get_schema(
        &self,
        _: Request<pb::get_provider_schema::Request>,
    ) -> Answer<pb::get_provider_schema::Response> {
        Ok(Response::new(provider_calls::schemas(&self.0.provider)))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<pb::get_resource_identity_schemas::Request>,
    ) -> Answer<pb::get_resource_identity_schemas::Response> {
        Ok(Response::new(provider_calls::identities(&self.0.provider)))
    }

    async fn prepare_provider_config(
        &self,
        request: Request<pb::prepare_provider_config::Request>,
    ) -> Answer<pb::prepare_provider_config::Response> {
        self.answer("PrepareProviderConfig", "", request.into_inner(), provider_calls::prepare)
            .await
    }

    async fn move_resource_state(
        &self,
        request: Request<pb::move_resource_state::Request>,
    ) -> Answer<pb::move_resource_state::Response> {
        let request = request.into_inner();
        let why = Diagnostic::error(
            "Move to another resource type not supported",
            format!(
                "The provider cannot move a \"{}\" to a \"{}\". Remove the object from the state with a \
                 `removed` block with `destroy = false`, and import it at the new address.",
                request.source_type_name, request.target_type_name
            ),
        );
        Ok(Response::new(WithDiagnostics::with_diagnostics(why.into())))
    }

    type ListResourceStream = lists::Events;

    async fn list_resource(
        &self,
        request: Request<pb::list_resource::Request>,
    ) -> Answer<Self::ListResourceStream> {
        Ok(Response::new(lists::list(Arc::clone(&self.0), request.into_inner())))
    }

    async fn get_functions(
        &self,
        _: Request<pb::get_functions::Request>,
    ) -> Answer<pb::get_functions::Response> {
        let functions = provider_calls::functions(&self.0.provider);
        Ok(Response::new(pb::get_functions::Response { functions, diagnostics: Vec::new() }))
    }

    async fn call_function(
        &self,
        request: Request<pb::call_function::Request>,
    ) -> Answer<pb::call_function::Response> {
        let functions = &self.0.provider.functions;
        Ok(Response::new(functions::call(functions, request.into_inner())))
    }

    type InvokeActionStream = actions::Events;

    async fn invoke_action(
        &self,
        request: Request<pb::invoke_action::Request>,
    ) -> Answer<Self::InvokeActionStream> {
        Ok(Response::new(actions::invoke(Arc::clone(&self.0), request.into_inner())))
    }

    async fn stop(&self, _: Request<pb::stop::Request>) -> Answer<pb::stop::Response> {
        self.0.stop();
        Ok(Response::new(pb::stop::Response::default()))
    }
}

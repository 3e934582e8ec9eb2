//! [`Context`]: the environment of one RPC, in addition to its data.

use std::time::SystemTime;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::diagnostics::{Diagnostic, Diagnostics, Result};
use super::model::to_value;
use super::private_state::PrivateState;
use super::value::Value;

/// Client that a provider creates from its configuration. Resources use it to reach the service.
pub trait Client: Clone + Send + Sync + 'static {
    /// Returns this client with waits that end when `stop` is canceled, because the user
    /// interrupted the run.
    #[must_use]
    fn with_cancellation(&self, stop: CancellationToken) -> Self;

    /// Returns the configured scope to which all objects of this client belong: an account, a
    /// region, an organization.
    ///
    /// Each object's private state stores it. `None` if there is no scope, or if it is unknown.
    fn scope(&self) -> Option<String> {
        None
    }

    /// Checks that an object whose stored scope is `remembered` belongs to this client. Called only
    /// if `remembered` is not equal to [`Client::scope`]. The state remains unchanged after any
    /// error.
    ///
    /// # Errors
    /// Returns an error if the object belongs to another scope, or if nothing proves that both
    /// scopes are the same.
    fn verify_scope(&self, remembered: &str) -> impl Future<Output = Result<()>> + Send {
        let _ = remembered;
        async { Ok(()) }
    }

    /// Called before each change is applied: later plans belong to the apply phase of a run.
    fn apply_started(&self) {}
}

/// Environment of one RPC.
#[derive(Debug)]
pub struct Context<C> {
    client: Option<C>,
    stop: CancellationToken,
    warnings: Diagnostics,
    partial_state: Option<Value>,
    adopted: bool,
    private: PrivateState,
    scope_confirmed: bool,
    remaining_steps: Vec<String>,
    mark: Option<String>,
}

impl<C: Client> Context<C> {
    /// Creates the environment of an RPC. `client` is `None` if the provider is not configured.
    #[must_use]
    pub fn new(client: Option<&C>, stop: CancellationToken) -> Self {
        let client = client.map(|client| client.with_cancellation(stop.clone()));
        let private = PrivateState::default();
        Self {
            client,
            stop,
            warnings: Diagnostics::default(),
            partial_state: None,
            adopted: false,
            private,
            scope_confirmed: false,
            remaining_steps: Vec::new(),
            mark: None,
        }
    }

    /// Adds the private state of the object that the RPC is about.
    pub(in crate::tf_provider) fn about(self, private: PrivateState) -> Self {
        Self { private, ..self }
    }

    /// Adds the mark that the previous plan RPC left.
    pub(in crate::tf_provider) fn with_mark(self, mark: Option<String>) -> Self {
        Self { mark, ..self }
    }

    /// Returns the provider's client.
    ///
    /// # Errors
    /// Returns an error if Terraform has not configured the provider before this RPC.
    pub fn client(&self) -> Result<C> {
        self.client.clone().ok_or_else(|| {
            Diagnostic::error(
                "Provider not configured",
                "Terraform requested an operation before it configured the provider. This is a bug in \
                 Terraform or in the provider. Report this issue to the provider developers.",
            )
            .into()
        })
    }

    /// Returns, in a read, when this provider last created or changed the object. `None` if
    /// unknown: the object was imported, or an older provider version without this data stored it.
    #[must_use]
    pub fn last_written(&self) -> Option<SystemTime> {
        self.private.written()
    }

    /// Returns the note that was set when the object was last created or changed.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.private.note()
    }

    /// Stores a note in the private state of the object that is created or changed: data that later
    /// reads need and the API does not return.
    ///
    /// The note must not contain secrets. It remains until another note replaces it.
    pub fn set_note(&mut self, note: String) {
        self.private = std::mem::take(&mut self.private).with_note(Some(note));
    }

    /// Returns the steps that the last change of the object left: see
    /// [`Context::add_remaining_step`].
    #[must_use]
    pub fn remaining_steps(&self) -> &[String] {
        self.private.left()
    }

    /// Stores, in a successful create or update, a step that remains. Plans of the object return it
    /// in [`Context::remaining_steps`] until another change succeeds.
    pub fn add_remaining_step(&mut self, step: String) {
        self.remaining_steps.push(step);
    }

    /// Takes the steps that remain after this change.
    pub(in crate::tf_provider) fn take_remaining_steps(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remaining_steps)
    }

    /// Records, in a read, that the service returned the object. It therefore belongs to the
    /// client's scope, which is stored from then on. A state that was only kept proves nothing.
    pub fn confirm_scope(&mut self) {
        self.scope_confirmed = true;
    }

    /// Checks that the object belongs to the client's scope, if a scope is stored.
    ///
    /// # Errors
    /// As [`Client::verify_scope`].
    pub(in crate::tf_provider) async fn check_scope(&self) -> Result<()> {
        let Some((client, remembered)) = self.client.as_ref().zip(self.private.scope()) else {
            return Ok(());
        };
        match client.scope() {
            Some(scope) if scope != remembered => client.verify_scope(remembered).await,
            _ => Ok(()),
        }
    }

    /// Returns the private state after a read, if it changed.
    pub(in crate::tf_provider) fn remembered(&self) -> Option<PrivateState> {
        let scope = self.client.as_ref().filter(|_| self.scope_confirmed)?.scope();
        Some(self.private.clone().in_scope(scope)).filter(|now| *now != self.private)
    }

    /// Returns the mark of this plan RPC.
    ///
    /// Before [`Context::set_mark`], this is the mark of the previous RPC if both plan the same
    /// replacement. Terraform plans a replacement with two RPCs, and the second looks like the plan
    /// of a new object.
    #[must_use]
    pub fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// Sets the mark for a second plan RPC about the same replacement.
    pub fn set_mark(&mut self, mark: String) {
        self.mark = Some(mark);
    }

    /// Adds a warning without failing.
    pub fn warn(&mut self, warning: Diagnostic) {
        self.warnings.push(warning);
    }

    /// Saves partial state between the steps of an operation. Terraform stores it if a later step
    /// fails.
    ///
    /// Terraform stores the state together with the error, so that no created object is lost.
    /// Unknown values are stored as null.
    ///
    /// # Errors
    /// Returns an error if the model contains a value that no attribute can hold.
    pub fn save_partial_state<T: Serialize>(&mut self, state: &T) -> Result<()> {
        self.partial_state = Some(to_value(state)?.unknown_as_null());
        Ok(())
    }

    /// Records that the object was adopted and not written. If a later list lacks it, the list is
    /// not stale.
    pub fn mark_adopted(&mut self) {
        self.adopted = true;
    }

    /// Reports whether the object was adopted.
    pub(in crate::tf_provider) fn is_adopted(&self) -> bool {
        self.adopted
    }

    /// Returns a token that is canceled when the user interrupts the run. Waits must end then; a
    /// request that was sent can finish.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.stop
    }

    /// Returns the warnings, and the last saved partial state.
    #[must_use]
    pub fn finish(self) -> (Diagnostics, Option<Value>) {
        (self.warnings, self.partial_state)
    }
}

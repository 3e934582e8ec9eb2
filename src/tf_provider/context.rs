//! [`Context`]: what a call carries besides data.

use std::time::SystemTime;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::diagnostics::{Diagnostic, Diagnostics, Result};
use super::model::to_value;
use super::private_state::PrivateState;
use super::value::Value;

/// What a provider makes of its configuration: the handle through which resources work.
pub trait Client: Clone + Send + Sync + 'static {
    /// The same client, whose waits end when `stop` is cancelled: the user interrupted the run.
    #[must_use]
    fn with_cancellation(&self, stop: CancellationToken) -> Self;

    /// The scope that all objects of this client belong to, as the user configured it: an account, a
    /// region, an organization. It is remembered beside each state. `None` where there is none, or
    /// where it is not known yet.
    fn scope(&self) -> Option<String> {
        None
    }

    /// Makes sure that an object of the scope `remembered` belongs to this client. It is asked only
    /// where that is not the text of [`Client::scope`]. Whatever the error, the state stays.
    ///
    /// # Errors
    /// It belongs to another scope, or nothing proves that the two are one.
    fn verify_scope(&self, remembered: &str) -> impl Future<Output = Result<()>> + Send {
        let _ = remembered;
        async { Ok(()) }
    }

    /// Told before each change that is carried out: plans that come from now on belong to the apply
    /// phase of a run.
    fn apply_started(&self) {}
}

/// The surroundings of one call.
#[derive(Debug)]
pub struct Context<C> {
    client: Option<C>,
    stop: CancellationToken,
    warnings: Diagnostics,
    kept: Option<Value>,
    adopted: bool,
    private: PrivateState,
    seen: bool,
    left: Vec<String>,
    mark: Option<String>,
}

impl<C: Client> Context<C> {
    /// The surroundings of a call on a provider that is configured with `client`, or not at all.
    #[must_use]
    pub fn new(client: Option<&C>, stop: CancellationToken) -> Self {
        let client = client.map(|client| client.with_cancellation(stop.clone()));
        let private = PrivateState::default();
        Self {
            client,
            stop,
            warnings: Diagnostics::default(),
            kept: None,
            adopted: false,
            private,
            seen: false,
            left: Vec::new(),
            mark: None,
        }
    }

    /// The surroundings of a call about an object of which so much is remembered.
    pub(in crate::tf_provider) fn about(self, private: PrivateState) -> Self {
        Self { private, ..self }
    }

    /// The surroundings of a plan call, with the mark that the call before it left.
    pub(in crate::tf_provider) fn with_mark(self, mark: Option<String>) -> Self {
        Self { mark, ..self }
    }

    /// The provider's client.
    ///
    /// # Errors
    /// A diagnostic when Terraform has not configured the provider before this call.
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

    /// When this provider created or changed the object last, in a read. `None` where nobody knows:
    /// the object was imported, or stored by a version that did not remember.
    #[must_use]
    pub fn last_written(&self) -> Option<SystemTime> {
        self.private.written()
    }

    /// What was noted of the object when it was created or changed last.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.private.note()
    }

    /// Notes something beside the state of the object that is being created or changed: what later
    /// reads need and no API tells. It must hold no secret. It stays until another note replaces it.
    pub fn set_note(&mut self, note: String) {
        self.private = std::mem::take(&mut self.private).with_note(Some(note));
    }

    /// What the last change of the object left to do: see [`Context::add_remaining_step`].
    #[must_use]
    pub fn remaining_steps(&self) -> &[String] {
        self.private.left()
    }

    /// Remembers, in a create or an update that succeeds, a step that is left to do. Plans of the
    /// object see it in [`Context::remaining_steps`] until another change has succeeded.
    pub fn add_remaining_step(&mut self, step: String) {
        self.left.push(step);
    }

    /// What this change leaves to do.
    pub(in crate::tf_provider) fn take_remaining_steps(&mut self) -> Vec<String> {
        std::mem::take(&mut self.left)
    }

    /// Notes, in a read, that the service showed the object: then it belongs to the client's scope,
    /// which is remembered from then on. A state that merely stands proves nothing.
    pub fn confirm_scope(&mut self) {
        self.seen = true;
    }

    /// Makes sure that the object belongs to the client's scope, as far as that is remembered.
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

    /// What is remembered after a read.
    pub(in crate::tf_provider) fn remembered(&self) -> Option<PrivateState> {
        let scope = self.client.as_ref().filter(|_| self.seen)?.scope();
        Some(self.private.clone().in_scope(scope)).filter(|now| *now != self.private)
    }

    /// The mark of this plan call. Before [`Context::set_mark`] it is the mark of the call before it, if
    /// both plan one replacement: a replacement is planned with two calls, the second of which looks
    /// like the plan of a new object.
    #[must_use]
    pub fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// Leaves a mark for a second plan call about the same replacement.
    pub fn set_mark(&mut self, mark: String) {
        self.mark = Some(mark);
    }

    /// Tells the user something without failing.
    pub fn warn(&mut self, warning: Diagnostic) {
        self.warnings.push(warning);
    }

    /// Records what exists by now, between the steps of a longer create, update or delete.
    ///
    /// When a later step fails, Terraform stores this state beside the error, so that nothing that
    /// came to exist is forgotten. Values that are still unknown are stored as null.
    ///
    /// # Errors
    /// A diagnostic when the model holds what no attribute can hold.
    pub fn save_partial_state<T: Serialize>(&mut self, state: &T) -> Result<()> {
        self.kept = Some(to_value(state)?.unknown_as_null());
        Ok(())
    }

    /// Notes that the object was adopted as it is, and not written: a list that lacks it soon after is
    /// not late.
    pub fn mark_adopted(&mut self) {
        self.adopted = true;
    }

    /// Whether the object was adopted as it is.
    pub(in crate::tf_provider) fn is_adopted(&self) -> bool {
        self.adopted
    }

    /// Cancelled when the user interrupts the run. Waits must end then; a request that was sent
    /// may finish.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.stop
    }

    /// The warnings so far, and the state that was kept last.
    #[must_use]
    pub fn finish(self) -> (Diagnostics, Option<Value>) {
        (self.warnings, self.kept)
    }
}

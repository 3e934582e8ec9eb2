//! Small complete runs of Terraform: a state, a configuration, and an `apply`.
//!
//! As in Terraform, one provider process plans and another one applies. A resource whose create
//! failed halfway is tainted. Resources that depend on a failed one are skipped.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tonic::Response;

use crate::harness::Launch;
use crate::proto::tfplugin5::diagnostic::Severity;
use crate::proto::tfplugin5::{
    Diagnostic, apply_resource_change, import_resource_state, plan_resource_change, read_resource,
};
use crate::session::{Session, errors};
use crate::terraform::{block, check_applied, check_names, check_plan, object, propose};
use crate::values::{pack, unknown, unpack_some};

/// Summary of the error after the provider was killed.
pub(crate) const GONE: &str = "Plugin did not respond";

/// One block of a configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// Address in the state.
    pub(crate) address: &'static str,
    /// Resource type.
    pub(crate) resource: &'static str,
    /// Address of the block whose `id` is the `user_id` of this one.
    pub(crate) user: Option<&'static str>,
    /// Other arguments.
    pub(crate) arguments: fn() -> Value,
}

/// Object of one block in the state.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    resource: &'static str,
    pub(crate) value: Value,
    private: Vec<u8>,
    tainted: bool,
}

/// Order of the changes in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// Terraform v1.3 and later: plans removals too, and applies them before creates.
    #[default]
    RemovalsFirst,
    /// With `create_before_destroy`: removes an object after its replacement exists.
    AdditionsFirst,
    /// Terraform before v1.3, which does not plan removals. Removals are applied first.
    Unplanned,
    /// Terraform before v1.3. Creates are applied first.
    UnplannedLast,
}

impl Order {
    fn removes_first(self) -> bool {
        matches!(self, Self::RemovalsFirst | Self::Unplanned)
    }

    fn plans_removals(self) -> bool {
        matches!(self, Self::RemovalsFirst | Self::AdditionsFirst)
    }

    /// Returns a version of Terraform with this behavior.
    fn terraform(self) -> &'static str {
        if self.plans_removals() { "1.14.0" } else { "1.0.11" }
    }
}

/// State file.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    objects: BTreeMap<&'static str, Object>,
    /// Replaced objects whose removal failed after the replacement was created.
    deposed: BTreeMap<&'static str, Object>,
}

/// Result of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Errors, each with the resource address at the start.
    pub(crate) errors: Vec<String>,
    /// Warnings, each with the resource address at the start.
    pub(crate) warnings: Vec<String>,
    /// Planned changes, such as `create ada`.
    pub(crate) planned: Vec<String>,
}

impl Report {
    /// Returns the report of a successful run.
    ///
    /// # Panics
    /// Panics if the run reported an error.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.errors.is_empty(), "{:#?}", self.errors);
        self
    }

    fn note(&mut self, address: &str, diagnostics: &[Diagnostic]) -> bool {
        let failed = errors(diagnostics);
        for one in diagnostics {
            let text = format!("{address}: {}: {}", one.summary, one.detail);
            let list = if failed.iter().any(|failure| std::ptr::eq(*failure, one)) {
                &mut self.errors
            } else {
                &mut self.warnings
            };
            list.push(text);
        }
        !failed.is_empty()
    }
}

impl State {
    pub(crate) fn get(&self, address: &str) -> Option<&Value> {
        self.objects.get(address).map(|object| &object.value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.deposed.is_empty()
    }

    /// Returns all objects with their resource types.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let all = self.objects.values().chain(self.deposed.values());
        all.map(|object| (object.resource, &object.value))
    }

    /// Makes all objects older, according to their private state.
    pub(crate) fn age(&mut self, by: Duration) {
        for object in self.objects.values_mut().chain(self.deposed.values_mut()) {
            let mut private: Value = serde_json::from_slice(&object.private).unwrap();
            private["written"] = json!(private["written"].as_u64().unwrap() - by.as_secs());
            object.private = private.to_string().into_bytes();
        }
    }

    /// Runs `terraform import`.
    pub(crate) async fn import(&mut self, provider: &Value, block: &Block, id: &str) {
        let session = start(Order::default(), provider).await;
        let request = import_resource_state::Request {
            type_name: block.resource.to_owned(),
            id: id.to_owned(),
            ..Default::default()
        };
        let answer = session.client.clone().import_resource_state(request).await.unwrap();
        let answer = answer.into_inner();
        assert!(errors(&answer.diagnostics).is_empty(), "{:?}", answer.diagnostics);
        let [imported] = answer.imported_resources.as_slice() else { panic!("{answer:?}") };
        let object = Object {
            resource: block.resource,
            value: unpack_some(imported.state.as_ref()),
            private: imported.private.clone(),
            tainted: false,
        };
        let (object, _) = read(&session, &object).await.unwrap();
        self.objects.insert(block.address, object.unwrap());
    }

    /// Runs `terraform plan`: refreshes and reports the changes of an apply.
    pub(crate) async fn plan(&mut self, provider: &Value, blocks: &[Block]) -> Report {
        self.plan_in(Order::default(), provider, blocks).await
    }

    /// Runs `terraform plan` with the given order.
    pub(crate) async fn plan_in(
        &mut self,
        order: Order,
        provider: &Value,
        blocks: &[Block],
    ) -> Report {
        let session = start(order, provider).await;
        let mut report = Report::default();
        for objects in [&mut self.objects, &mut self.deposed] {
            refresh(&session, objects, &mut report).await;
        }
        if !report.errors.is_empty() {
            return report;
        }
        for block in blocks {
            let prior = self.objects.get(block.address);
            let config = self.config(block);
            let tainted = prior.is_some_and(|object| object.tainted);
            let before = prior.filter(|_| !tainted).map_or(Value::Null, |it| it.value.clone());
            let private = prior.map(|object| object.private.clone()).unwrap_or_default();
            match plan_call(&session, block.resource, &before, &config, private).await {
                Err(diagnostics) => {
                    report.note(block.address, &diagnostics);
                }
                Ok(plan) => {
                    report.note(block.address, &plan.warnings);
                    if plan.replaces {
                        let nothing = Value::Null;
                        let private = plan.private.clone();
                        let again = plan_call(&session, block.resource, &nothing, &config, private);
                        if let Err(diagnostics) = again.await {
                            report.note(block.address, &diagnostics);
                        }
                    }
                    let what = match (prior, plan.replaces, plan.value == before) {
                        (None, ..) => "create",
                        (Some(_), true, _) => "replace",
                        (Some(_), ..) if tainted => "replace",
                        (Some(_), false, false) => "update",
                        (Some(_), false, true) => continue,
                    };
                    report.planned.push(format!("{what} {}", block.address));
                }
            }
        }
        let wanted = |address: &str| blocks.iter().any(|block| block.address == address);
        let gone = self.objects.iter().filter(|(address, _)| !wanted(address));
        for (address, object) in gone.chain(&self.deposed) {
            report.planned.push(format!("delete {address}"));
            if order.plans_removals() {
                report.note(address, &plan_removal(&session, object).await);
            }
        }
        report
    }

    /// Runs `terraform apply`. A block must follow the blocks that it depends on.
    pub(crate) async fn apply(&mut self, provider: &Value, blocks: &[Block]) -> Report {
        self.apply_in(Order::default(), provider, blocks).await
    }

    /// Runs `terraform apply` with the given order.
    pub(crate) async fn apply_in(
        &mut self,
        order: Order,
        provider: &Value,
        blocks: &[Block],
    ) -> Report {
        let mut report = self.plan_in(order, provider, blocks).await;
        if !report.errors.is_empty() {
            return report;
        }
        let session = start(order, provider).await;
        self.carry_out(order, &session, blocks, &mut report).await;
        report
    }

    /// Runs the second half of an apply, with a process of the caller.
    pub(crate) async fn carry_out(
        &mut self,
        order: Order,
        session: &Session,
        blocks: &[Block],
        report: &mut Report,
    ) {
        for (address, object) in std::mem::take(&mut self.deposed) {
            if let Some(left) = delete(session, address, object, report).await {
                self.deposed.insert(address, left);
            }
        }
        if order.removes_first() {
            self.delete_others(session, blocks, report).await;
        }
        for block in blocks {
            if block.user.is_some_and(|user| !self.is_sound(user)) {
                continue;
            }
            self.change(order, session, block, report).await;
        }
        if !order.removes_first() {
            self.delete_others(session, blocks, report).await;
        }
    }

    /// Removes the objects that are in no block.
    async fn delete_others(&mut self, session: &Session, blocks: &[Block], report: &mut Report) {
        let wanted = |address: &str| blocks.iter().any(|block| block.address == address);
        for address in self.order().into_iter().filter(|address| !wanted(address)) {
            if !self.depended_on(address) {
                self.delete(session, address, report).await;
            }
        }
    }

    /// Runs `terraform destroy`.
    pub(crate) async fn destroy(&mut self, provider: &Value) -> Report {
        self.apply(provider, &[]).await
    }

    /// Returns whether this object exists and is not tainted.
    fn is_sound(&self, address: &str) -> bool {
        self.objects.get(address).is_some_and(|object| !object.tainted)
    }

    /// Returns the addresses in the order of removal: dependent objects come first.
    fn order(&self) -> Vec<&'static str> {
        let mut addresses: Vec<_> = self.objects.keys().copied().collect();
        addresses.sort_by_key(|address| self.objects[address].resource == "anaconda_user");
        addresses
    }

    /// Returns whether an object refers to this user. Such a user must remain.
    fn depended_on(&self, address: &str) -> bool {
        let Object { resource, value, .. } = &self.objects[address];
        let refers = |object: &Object| object.value.get("user_id") == Some(&value["id"]);
        // If the same user also exists at another address, references count for that address.
        let elsewhere = |(other, object): (&&str, &Object)| {
            **other != *address && object.resource == *resource && object.value["id"] == value["id"]
        };
        *resource == "anaconda_user"
            && self.objects.values().any(refers)
            && !self.objects.iter().any(elsewhere)
    }

    /// Returns the configuration of a block. A reference to a missing object is unknown.
    fn config(&self, block: &Block) -> Value {
        let mut config = (block.arguments)();
        if let Some(user) = block.user {
            let sound = self.objects.get(user).filter(|object| !object.tainted);
            config["user_id"] = sound.map_or_else(unknown, |object| object.value["id"].clone());
        }
        config
    }

    async fn change(
        &mut self,
        order: Order,
        session: &Session,
        block: &Block,
        report: &mut Report,
    ) {
        let config = self.config(block);
        let mut prior = self.objects.get(block.address).cloned();
        if prior.as_ref().is_some_and(|object| object.tainted) {
            self.delete(session, block.address, report).await;
            if self.objects.contains_key(block.address) {
                return;
            }
            prior = None;
        }
        let before = prior.as_ref().map_or(Value::Null, |object| object.value.clone());
        let private = prior.as_ref().map(|object| object.private.clone()).unwrap_or_default();
        let mut planned = match plan_call(session, block.resource, &before, &config, private).await
        {
            Ok(plan) => plan,
            Err(diagnostics) => {
                report.note(block.address, &diagnostics);
                return;
            }
        };
        if planned.value == before {
            return;
        }
        let mut before = before;
        let mut deposed = None;
        if planned.replaces {
            if order.removes_first() {
                self.delete(session, block.address, report).await;
                if self.objects.contains_key(block.address) {
                    return;
                }
            } else {
                deposed = self.objects.remove(block.address);
            }
            before = Value::Null;
            let private = planned.private.clone();
            let again = plan_call(session, block.resource, &before, &config, private).await;
            planned = match again {
                Ok(plan) => plan,
                Err(diagnostics) => {
                    report.note(block.address, &diagnostics);
                    self.objects.extend(deposed.map(|object| (block.address, object)));
                    return;
                }
            };
        }
        let (value, private, diagnostics) =
            apply(session, block.resource, &before, &planned, &config).await;
        let failed = report.note(block.address, &diagnostics);
        if value.is_null() {
            self.objects.remove(block.address);
            self.objects.extend(deposed.map(|object| (block.address, object)));
            return;
        }
        let tainted = failed && before.is_null();
        let object = Object { resource: block.resource, value, private, tainted };
        self.objects.insert(block.address, object);
        let Some(mut deposed) = deposed else { return };
        if !failed {
            let Some(left) = delete(session, block.address, deposed, report).await else { return };
            deposed = left;
        }
        self.deposed.insert(block.address, deposed);
    }

    async fn delete(&mut self, session: &Session, address: &'static str, report: &mut Report) {
        let Some(object) = self.objects.remove(address) else { return };
        let left = delete(session, address, object, report).await;
        self.objects.extend(left.map(|object| (address, object)));
    }
}

/// Removes an object. Returns what remains of it in the state.
async fn delete(
    session: &Session,
    address: &str,
    object: Object,
    report: &mut Report,
) -> Option<Object> {
    let planned = Planned {
        value: Value::Null,
        private: object.private.clone(),
        replaces: false,
        warnings: Vec::new(),
    };
    let (value, private, diagnostics) =
        apply(session, object.resource, &object.value, &planned, &Value::Null).await;
    report.note(address, &diagnostics);
    (!value.is_null()).then_some(Object { value, private, ..object })
}

/// Refreshes these objects.
async fn refresh(
    session: &Session,
    objects: &mut BTreeMap<&'static str, Object>,
    report: &mut Report,
) {
    for (address, object) in objects.clone() {
        match read(session, &object).await {
            Ok((fresh, warnings)) => {
                report.note(address, &warnings);
                match fresh {
                    Some(fresh) => objects.insert(address, fresh),
                    None => objects.remove(address),
                };
            }
            Err(diagnostics) => {
                report.note(address, &diagnostics);
            }
        }
    }
}

/// Starts and configures a provider process.
pub(crate) async fn start(order: Order, provider: &Value) -> Session {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    assert_eq!(session.configure_as(order.terraform(), provider).await, []);
    session
}

struct Planned {
    value: Value,
    private: Vec<u8>,
    replaces: bool,
    warnings: Vec<Diagnostic>,
}

/// Returns the refreshed object and the warnings of the refresh.
async fn read(
    session: &Session,
    object: &Object,
) -> Result<(Option<Object>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let request = read_resource::Request {
        type_name: object.resource.to_owned(),
        current_state: Some(pack(&object.value)),
        private: object.private.clone(),
        ..Default::default()
    };
    let answer = session.client.clone().read_resource(request).await.unwrap().into_inner();
    if !errors(&answer.diagnostics).is_empty() {
        return Err(answer.diagnostics);
    }
    let value = unpack_some(answer.new_state.as_ref());
    let fresh =
        (!value.is_null()).then(|| Object { value, private: answer.private, ..object.clone() });
    Ok((fresh, answer.diagnostics))
}

/// Plans a removal. Returns its diagnostics.
async fn plan_removal(session: &Session, object: &Object) -> Vec<Diagnostic> {
    let request = plan_resource_change::Request {
        type_name: object.resource.to_owned(),
        prior_state: Some(pack(&object.value)),
        proposed_new_state: Some(pack(&Value::Null)),
        config: Some(pack(&Value::Null)),
        prior_private: object.private.clone(),
        ..Default::default()
    };
    let answer = session.client.clone().plan_resource_change(request).await;
    answer.map_or_else(|_| vec![gone()], |answer| answer.into_inner().diagnostics)
}

async fn plan_call(
    session: &Session,
    resource: &str,
    before: &Value,
    given: &Value,
    private: Vec<u8>,
) -> Result<Planned, Vec<Diagnostic>> {
    let block = block(resource).await;
    let config = object(block, given);
    let request = plan_resource_change::Request {
        type_name: resource.to_owned(),
        prior_state: Some(pack(before)),
        proposed_new_state: Some(pack(&propose(block, &config, before))),
        config: Some(pack(&config)),
        prior_private: private,
        ..Default::default()
    };
    let answer = session.client.clone().plan_resource_change(request).await;
    let Ok(answer) = answer.map(Response::into_inner) else { return Err(vec![gone()]) };
    if !errors(&answer.diagnostics).is_empty() {
        return Err(answer.diagnostics);
    }
    let value = unpack_some(answer.planned_state.as_ref());
    check_plan(block, &config, before, &value);
    Ok(Planned {
        value,
        private: answer.planned_private,
        replaces: !answer.requires_replace.is_empty(),
        warnings: answer.diagnostics,
    })
}

/// Applies a change. Returns the new state, its private part, and the diagnostics.
async fn apply(
    session: &Session,
    resource: &str,
    before: &Value,
    planned: &Planned,
    given: &Value,
) -> (Value, Vec<u8>, Vec<Diagnostic>) {
    let block = block(resource).await;
    let config = if planned.value.is_null() { Value::Null } else { object(block, given) };
    let request = apply_resource_change::Request {
        type_name: resource.to_owned(),
        prior_state: Some(pack(before)),
        planned_state: Some(pack(&planned.value)),
        config: Some(pack(&config)),
        planned_private: planned.private.clone(),
        ..Default::default()
    };
    let answer = session.client.clone().apply_resource_change(request).await;
    let Ok(answer) = answer.map(Response::into_inner) else {
        // Terraform keeps the prior state.
        return (before.clone(), planned.private.clone(), vec![gone()]);
    };
    let value = unpack_some(answer.new_state.as_ref());
    if errors(&answer.diagnostics).is_empty() {
        if planned.value.is_null() {
            assert_eq!(value, Value::Null);
        } else {
            check_applied(block, &planned.value, &value);
        }
    } else if !value.is_null() {
        check_names(block, &value);
    }
    (value, answer.private, answer.diagnostics)
}

/// Returns the error that Terraform reports after the provider was killed.
fn gone() -> Diagnostic {
    Diagnostic {
        severity: Severity::Error.into(),
        summary: GONE.to_owned(),
        detail: "The plugin did not respond.".to_owned(),
        attribute: None,
    }
}

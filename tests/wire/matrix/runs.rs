//! Whole runs of Terraform, in small: a state, a configuration, and what `apply` does with both.
//!
//! As there, the plan is made by one process of the provider and carried out by another, a resource
//! that failed half-way is tainted, and what depends on a failure is left out.

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

/// The summary of the error when the provider was killed.
pub(crate) const GONE: &str = "Plugin did not respond";

/// One block of a configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// How the state calls it.
    pub(crate) address: &'static str,
    /// Its resource.
    pub(crate) resource: &'static str,
    /// The block whose `id` is this one's `user_id`.
    pub(crate) user: Option<&'static str>,
    /// Its other arguments.
    pub(crate) arguments: fn() -> Value,
}

/// What the state holds of one block.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    resource: &'static str,
    pub(crate) value: Value,
    private: Vec<u8>,
    tainted: bool,
}

/// How a run goes about an edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// As Terraform from 1.3 on: removals are planned, too, and carried out before additions.
    #[default]
    RemovalsFirst,
    /// As with `create_before_destroy`: an object is removed once its successor is there.
    AdditionsFirst,
    /// As Terraform before 1.3, which asks for no plan of a removal. Removals come first.
    Unplanned,
    /// The same, and additions come first.
    UnplannedLast,
}

impl Order {
    fn removes_first(self) -> bool {
        matches!(self, Self::RemovalsFirst | Self::Unplanned)
    }

    fn plans_removals(self) -> bool {
        matches!(self, Self::RemovalsFirst | Self::AdditionsFirst)
    }

    /// A version of Terraform that does so.
    fn terraform(self) -> &'static str {
        if self.plans_removals() { "1.14.0" } else { "1.0.11" }
    }
}

/// A state file.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    objects: BTreeMap<&'static str, Object>,
    /// What was replaced, and could not be removed after its successor was made.
    deposed: BTreeMap<&'static str, Object>,
}

/// What a run brought.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The errors, with the address in front.
    pub(crate) errors: Vec<String>,
    /// The warnings, likewise.
    pub(crate) warnings: Vec<String>,
    /// What the plan wanted to do, such as `create ada`.
    pub(crate) planned: Vec<String>,
}

impl Report {
    /// # Panics
    /// Something failed.
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

    /// All objects, with their resource.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let all = self.objects.values().chain(self.deposed.values());
        all.map(|object| (object.resource, &object.value))
    }

    /// Lets time pass since everything was made, as the state remembers it.
    pub(crate) fn age(&mut self, by: Duration) {
        for object in self.objects.values_mut().chain(self.deposed.values_mut()) {
            let mut private: Value = serde_json::from_slice(&object.private).unwrap();
            private["written"] = json!(private["written"].as_u64().unwrap() - by.as_secs());
            object.private = private.to_string().into_bytes();
        }
    }

    /// `terraform import`.
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

    /// `terraform plan`: refreshes, and says what an apply would do.
    pub(crate) async fn plan(&mut self, provider: &Value, blocks: &[Block]) -> Report {
        self.plan_in(Order::default(), provider, blocks).await
    }

    /// The same, in an order of its own.
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

    /// `terraform apply`. Blocks stand behind those that they depend on.
    pub(crate) async fn apply(&mut self, provider: &Value, blocks: &[Block]) -> Report {
        self.apply_in(Order::default(), provider, blocks).await
    }

    /// The same, in an order of its own.
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

    /// The second half of an apply, by a process of the caller's.
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

    /// Removes what is in no block.
    async fn delete_others(&mut self, session: &Session, blocks: &[Block], report: &mut Report) {
        let wanted = |address: &str| blocks.iter().any(|block| block.address == address);
        for address in self.order().into_iter().filter(|address| !wanted(address)) {
            if !self.depended_on(address) {
                self.delete(session, address, report).await;
            }
        }
    }

    /// `terraform destroy`.
    pub(crate) async fn destroy(&mut self, provider: &Value) -> Report {
        self.apply(provider, &[]).await
    }

    /// Whether there is such an object, made to the end.
    fn is_sound(&self, address: &str) -> bool {
        self.objects.get(address).is_some_and(|object| !object.tainted)
    }

    /// What depends on others comes first: the order of removals.
    fn order(&self) -> Vec<&'static str> {
        let mut addresses: Vec<_> = self.objects.keys().copied().collect();
        addresses.sort_by_key(|address| self.objects[address].resource == "anaconda_user");
        addresses
    }

    /// Whether an object refers to this user, who then has to stay.
    fn depended_on(&self, address: &str) -> bool {
        let Object { resource, value, .. } = &self.objects[address];
        let refers = |object: &Object| object.value.get("user_id") == Some(&value["id"]);
        // The same person at another address holds what refers to them as well.
        let elsewhere = |(other, object): (&&str, &Object)| {
            **other != *address && object.resource == *resource && object.value["id"] == value["id"]
        };
        *resource == "anaconda_user"
            && self.objects.values().any(refers)
            && !self.objects.iter().any(elsewhere)
    }

    /// The configuration of a block: a reference to what is not there yet is unknown.
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

/// Removes an object. Returns what is left of it in the state.
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

/// A configured process of the provider.
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

/// What a refresh makes of an object, and what it warned about.
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

/// Plans a removal; what is said of it.
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

/// The state afterwards, its private part, and what was said.
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
        // Terraform keeps what it had.
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

/// What Terraform says when the provider was killed.
fn gone() -> Diagnostic {
    Diagnostic {
        severity: Severity::Error.into(),
        summary: GONE.to_owned(),
        detail: "The plugin did not respond.".to_owned(),
        attribute: None,
    }
}

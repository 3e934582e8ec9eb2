//! `anaconda_user`: a member of the organization, either a person or a managed user.
//!
//! API facts: a user without an email address is managed by the organization and belongs to no
//! person. No request reads or changes a single user. The list might show a generated email address
//! for a managed user.
//!
//! Source: Organization Management API 1.0.0 and its guide.

mod add;

use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::client::{self, NewUser, NotClaimed, Org, UserId, Users};
use crate::provider_data::{Object, ProviderData, Step};
use crate::resources::checks::{is_email, same_email};
use crate::resources::identity;
use crate::resources::lookup::{
    Refreshed, import_block, keep_if_recently_written, member_to_import, members,
};
use crate::resources::offboard::{offboard, remove_only};
use crate::resources::removal;
use crate::resources::timeouts::{self, Timeouts};
use crate::resources::unknown;
use crate::tf_provider::prelude::*;

const IMPORT_ID_FORMATS: &str = "Expected `<USER_ID>` (a UUID) or `<EMAIL>`";
/// The default timeout for retries: the default that Terraform users know.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20 * 60);
const NAMES: [&str; 2] = ["first_name", "last_name"];

/// State of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    id: Attr<UserId>,
    email: Attr<String>,
    first_name: Attr<String>,
    last_name: Attr<String>,
    adopt_existing: bool,
    offboard_on_destroy: bool,
    managed: Attr<bool>,
    timeouts: Option<Timeouts>,
}

impl Resource for User {
    const NAME: &'static str = "anaconda_user";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Manages a member of the organization: a person, or without `email` a managed user for a program. \
             Destroying the resource offboards the user: the provider revokes the active tokens, unassigns \
             the seat, and removes the user, in this order.",
        )
        .attributes([
            computed("id", Type::String, "UUID of the user.").use_state_for_unknown(),
            optional_computed("email", Type::String, "Email address of the user (case-insensitive). Without it, the user is a managed user. Changing this forces a new user.").use_state_for_unknown().requires_replace().semantic_equality(same_email).check(is_email),
            optional_computed("first_name", Type::String, "First name. For a person, this is a suggestion for the profile: later changes have no effect on the profile. For a managed user, changing this forces a new user.").use_state_for_unknown().requires_replace(),
            optional_computed("last_name", Type::String, "Last name. See `first_name`.").use_state_for_unknown().requires_replace(),
            optional("adopt_existing", Type::Bool, "Whether to adopt the user if a person with this `email` is already a member, instead of returning an error. Defaults to `false`.").default(false),
            optional("offboard_on_destroy", Type::Bool, "Whether to revoke the active tokens and unassign the seat before removing the user. If `false`, the provider only removes the user. Defaults to `true`.").default(true),
            computed("managed", Type::Bool, "Whether the user is a managed user, which was created without an email address.").use_state_for_unknown(),
        ])
        .block(timeouts::block([
            ("create", "Timeout for adding the user. Defaults to `20m`."),
            ("delete", "Timeout for offboarding the user. Defaults to `20m`."),
        ]))
    }

    fn validate(config: &Value) -> Diagnostics {
        let mut found = Diagnostics::default();
        if config.get("email").is_null() && config.get("adopt_existing").as_bool() == Some(true) {
            found.push(
                Diagnostic::error(
                    "Missing email address",
                    "`adopt_existing` requires `email`. Set `email`, or import the managed user by its UUID \
                     instead.",
                )
                .at("adopt_existing"),
            );
        }
        found
    }

    async fn plan(cx: &mut Context<ProviderData>, change: &mut ResourcePlan) -> Result<()> {
        let who = change.prior("email").as_str().unwrap_or("the user").to_owned();
        let ends = "the provider offboards the user (revokes the tokens, unassigns the seat, removes the user), \
             and adds the user again";
        unknown::warn(cx, change, "email", &who, ends);
        if change.is_create() {
            match change.config("email") {
                Value::Unknown => {}
                email => change.set("managed", email.is_null()),
            }
        } else if change.prior("managed").as_bool() != Some(true) {
            // A person's name belongs to the person, so a different spelling must not replace the
            // user.
            for name in NAMES {
                change.clear_requires_replace(name);
            }
            if is_listed_address(cx, change).await? {
                change.clear_requires_replace("email");
            }
            if !change.is_replacement() && NAMES.iter().any(|name| change.changes(name)) {
                cx.warn(profile_not_updated(change.prior("email")));
            }
        }
        cx.client()?.note_plan(cx, step(change)).await
    }

    async fn plan_delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        cx.client()?.note_plan(cx, Step::removes(state.object())).await
    }

    async fn create(cx: &mut Context<ProviderData>, plan: Self) -> Result<Self> {
        let org = Timeouts::for_create(plan.timeouts.as_ref(), &cx.client()?.org, DEFAULT_TIMEOUT);
        let _guard = match plan.email.as_known() {
            Some(email) => match member_or_free(&org, &plan, email).await? {
                Address::Adopted(member) => {
                    cx.mark_adopted();
                    return Ok(plan.adopted(&member));
                }
                Address::Free(guard) => Some(guard),
            },
            None => None,
        };
        let added = add::add(
            cx,
            &org,
            &NewUser {
                email: plan.email.as_known().map(String::as_str),
                first_name: plan.first_name.as_known().map(String::as_str),
                last_name: plan.last_name.as_known().map(String::as_str),
            },
        )
        .await?;
        Ok(Self {
            id: Attr::Known(added.id),
            managed: Attr::Known(plan.email.as_known().is_none()),
            email: plan.email.or_computed(added.email),
            first_name: plan.first_name.or_computed(added.first_name),
            last_name: plan.last_name.or_computed(added.last_name),
            ..plan
        })
    }

    async fn read(cx: &mut Context<ProviderData>, state: Self) -> Result<Option<Self>> {
        let Refreshed::Current(users) = members(cx).await? else { return Ok(Some(state)) };
        let find = |users: &Users| users.by_id(state.id.as_known()?).cloned();
        let Some(user) = find(&users) else {
            let (org, what) = (cx.client()?.org, format!("User {}", state.label()));
            let is_gone = org.users_lack(|users| find(users).is_none());
            let stands = keep_if_recently_written(cx, &what, is_gone).await?;
            return Ok(stands.then_some(state));
        };
        cx.confirm_scope();
        if let Some(warning) = state.address_changed(&user) {
            cx.warn(warning);
        }
        Ok(Some(state.refreshed(&user)))
    }

    /// Updates only the state: no request changes a user.
    async fn update(_: &mut Context<ProviderData>, plan: Self, _: Self) -> Result<Self> {
        Ok(plan)
    }

    async fn delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        let mut anaconda = cx.client()?;
        anaconda.org =
            Timeouts::for_delete(state.timeouts.as_ref(), &anaconda.org, DEFAULT_TIMEOUT);
        let Some(id) = state.id.as_known() else { return Ok(()) };
        let (object, label) = (client::Object::User(id.clone()), format!("User {}", state.label()));
        let person =
            state.email.as_known().map(|email| client::Object::Person(email.to_lowercase()));
        let Some(_announced) = removal::announce(cx, &anaconda.org, &object, person, &label)?
        else {
            return Ok(());
        };
        if let Some(object) = state.object() {
            anaconda.ledger.before_removal(&object)?;
        }
        if state.offboard_on_destroy {
            offboard(&anaconda, id, &state.label()).await?;
        } else {
            remove_only(&anaconda, id, &state.label()).await?;
        }
        Ok(())
    }

    async fn import(cx: &mut Context<ProviderData>, id: &str) -> Result<Self> {
        let found = Self::found(&member_to_import(cx, id, IMPORT_ID_FORMATS).await?);
        if let Some(object) = found.object() {
            cx.client()?.ledger.imported(object);
        }
        Ok(found)
    }

    fn identity_schema() -> Vec<IdentityAttribute> {
        identity::schema([("id", "UUID of the user.")])
    }

    fn identity(client: &ProviderData, state: &Self) -> Result<Value> {
        let id = state.id.as_known().map(UserId::as_str).unwrap_or_default();
        Ok(identity::of(client, [("id", id)]))
    }

    fn import_id(client: &ProviderData, identity: &Value) -> Result<String> {
        identity::native(client, identity, "id")
    }
}

impl User {
    /// Returns the state of a member that the list shows.
    pub(crate) fn found(user: &client::User) -> Self {
        let managed = user.looks_managed();
        Self {
            id: Attr::Known(user.id.clone()),
            // The generated address of a managed user is not in any configuration.
            email: if managed { Attr::Null } else { user.email.clone().into() },
            first_name: user.first_name.clone().into(),
            last_name: user.last_name.clone().into(),
            adopt_existing: false,
            offboard_on_destroy: true,
            managed: Attr::Known(managed),
            timeouts: None,
        }
    }

    /// Returns the user as the plan ledger identifies it.
    fn object(&self) -> Option<Object> {
        let id = self.id.as_known()?;
        Some(match self.managed.as_known() {
            Some(true) => Object::managed_user(id),
            _ => Object::person(Some(id), self.email.as_known().map(String::as_str)),
        })
    }

    /// Returns the name of the user for messages.
    fn label(&self) -> String {
        let id = self.id.as_known().map(UserId::as_str).unwrap_or_default();
        match (&self.email, &self.first_name, &self.last_name) {
            (Attr::Known(email), _, _) => format!("{email} ({id})"),
            (_, Attr::Known(first), Attr::Known(last)) => format!("\"{first} {last}\" ({id})"),
            (_, Attr::Known(name), _) | (_, _, Attr::Known(name)) => format!("\"{name}\" ({id})"),
            _ => id.to_owned(),
        }
    }

    /// Returns a warning if the list shows the person with another email address than the state.
    fn address_changed(&self, user: &client::User) -> Option<Diagnostic> {
        let (before, now) = (self.email.as_known()?, user.email.as_deref()?);
        let managed = self.managed.as_known() == Some(&true);
        if managed || before.to_lowercase() == now.to_lowercase() {
            return None;
        }
        Some(Diagnostic::warning(
            "Email address changed outside of Terraform",
            format!(
                "User {} has the email address {now}, but the state contains {before}. It is the same \
                 user, so the plan does not replace it. To update the state, set `email = \"{now}\"`. Any \
                 other email address forces a new user.",
                user.id
            ),
        ))
    }

    fn adopted(self, member: &client::User) -> Self {
        Self {
            id: Attr::Known(member.id.clone()),
            managed: Attr::Known(false),
            first_name: self.first_name.or_computed(member.first_name.clone()),
            last_name: self.last_name.or_computed(member.last_name.clone()),
            email: self.email,
            ..self
        }
    }

    /// Returns the state after a refresh.
    ///
    /// A person's profile belongs to the person. The names of a managed user are those that the
    /// organization set.
    fn refreshed(self, user: &client::User) -> Self {
        let managed = self.managed.as_known() == Some(&true);
        let email = match (self.email, &user.email) {
            // The address in the list is a generated one.
            (before, Some(_)) if managed => before,
            (Attr::Null, Some(now)) => now.clone().into(),
            // A person who changed their address is the same person.
            (before, _) => before,
        };
        let name = |before: Attr<String>, now: &Option<String>| match (&before, now) {
            (Attr::Known(_), _) if !managed => before,
            (before_name, now) if same_name(before_name.as_known(), now.as_ref()) => before,
            (_, now) => now.clone().into(),
        };
        Self {
            first_name: name(self.first_name, &user.first_name),
            last_name: name(self.last_name, &user.last_name),
            email,
            ..self
        }
    }
}

/// Returns the effect of a plan on users. If the email address is unknown, so is the user.
fn step(change: &ResourcePlan) -> Step {
    let prior = || {
        let id = UserId::parse(change.prior("id").as_str()?).ok()?;
        Some(match change.prior("managed").as_bool() {
            Some(true) => Object::managed_user(&id),
            _ => Object::person(Some(&id), change.prior("email").as_str()),
        })
    };
    let new = || match change.planned("email") {
        Value::String(email) => Some(Object::person(None, Some(email))),
        _ if change.config("email").is_null() => {
            let [first, last] = NAMES.map(|name| change.config(name));
            let known = !first.is_unknown() && !last.is_unknown();
            known.then(|| Object::new_managed_user(first.as_str(), last.as_str()))
        }
        _ => None,
    };
    match (change.is_create(), change.is_replacement()) {
        (true, _) => Step::adds(new()),
        (_, true) => Step::replaces(prior(), new()),
        _ => Step::keeps(prior()),
    }
}

/// Reports whether the list shows this user with the newly configured email address.
///
/// A person who changed their address at Anaconda is the same person.
async fn is_listed_address(cx: &Context<ProviderData>, change: &ResourcePlan) -> Result<bool> {
    let (Some(id), Some(email)) = (change.prior("id").as_str(), change.planned("email").as_str())
    else {
        return Ok(false);
    };
    let Ok(id) = UserId::parse(id) else { return Ok(false) };
    if same_email(change.prior("email"), change.planned("email")) {
        return Ok(false);
    }
    match cx.client()?.org.users().await {
        Ok(users) => Ok(users
            .as_ref()
            .and_then(|users| users.by_id(&id)?.email.as_deref())
            .is_some_and(|listed| listed.to_lowercase() == email.to_lowercase())),
        // The credentials are created in the same run, so no lookup is possible before the apply.
        Err(client::Error::Unavailable(why)) if why.unknown => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The result of the lookup of an email address in a create.
enum Address {
    /// No member has the address. The guard keeps other resources of this run away from it.
    Free(OwnedMutexGuard<()>),
    /// A member, whom this resource now manages.
    Adopted(client::User),
}

/// Looks up a member with this email address, once no removal of that person is pending in this
/// run.
///
/// # Errors
/// Returns an error if a member exists who must not be adopted.
async fn member_or_free(org: &Org, plan: &User, email: &str) -> Result<Address> {
    let longest = Timeouts::create(plan.timeouts.as_ref(), removal::LONGEST_REMOVAL);
    let person = client::Object::Person(email.to_lowercase());
    loop {
        removal::wait_until_removed(org, &person, email, longest).await?;
        let guard = org.lock_email(email).await;
        let users = org.users().await?;
        if org.is_being_removed(&person) {
            continue;
        }
        let Some(member) = users.as_ref().and_then(|users| users.by_email(email)) else {
            return Ok(Address::Free(guard));
        };
        let object = client::Object::User(member.id.clone());
        let wanted = if plan.adopt_existing {
            org.claim(object.clone())
        } else {
            org.note_refused(object.clone())
        };
        match wanted {
            Ok(()) if plan.adopt_existing => return Ok(Address::Adopted(member.clone())),
            Ok(()) => return Err(is_member(member, email).into()),
            Err(NotClaimed::Claimed) => {
                let label = format!("User {email} ({})", member.id);
                return Err(removal::managed_twice(&label).at("email").into());
            }
            Err(NotClaimed::BeingRemoved) => {}
        }
        drop(guard);
        removal::wait_until_removed(org, &object, email, longest).await?;
    }
}

/// Reports whether two names are equal.
///
/// The API might trim a name, or return null or an empty string for a missing one.
fn same_name(before: Option<&String>, now: Option<&String>) -> bool {
    let plain = |name: Option<&String>| name.map(|text| text.trim().to_owned()).unwrap_or_default();
    plain(before) == plain(now)
}

fn profile_not_updated(email: &Value) -> Diagnostic {
    let who = email.as_str().unwrap_or("this person");
    Diagnostic::warning(
        "User profile not updated",
        format!(
            "The name of {who} changes only in the state. Only the user can change the name in the \
             profile."
        ),
    )
}

fn is_member(member: &client::User, email: &str) -> Diagnostic {
    let block = import_block(User::NAME, member.id.as_str());
    Diagnostic::error(
        "User already exists",
        format!(
            "{email} is already a member of the organization. The provider sent no request. Import the user \
             with this block, or set `adopt_existing = true`:\n\n{block}\n\nIf this resource has \
             `create_before_destroy`, it manages this user itself: set `adopt_existing = true` to keep the \
             user. {}",
            removal::RENAME_ADVICE
        ),
    )
    .at("email")
}

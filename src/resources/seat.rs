//! `anaconda_seat`: one seat of the organization's subscription, assigned to one user.
//!
//! API facts: a user has at most one seat. No request reads a single seat: a user with any
//! subscription in the list of users has a seat.
//!
//! Source: Organization Management API 1.0.0.

use std::result::Result as StdResult;
use std::time::Duration;

use tokio::time::Instant;

use super::checks::{is_user_id, same_id};
use super::lookup::{Refreshed, keep_if_recently_written, member_to_import, members};
use super::recovery::{CreateAttempts, Creation, create_or_find, unknown_outcome};
use super::removal;
use super::spelled::Spelled;
use super::timeouts::{self, Timeouts};
use super::{evidence, identity, unknown};
use crate::client::{self, Error, ListPoll, NotClaimed, Org, UserId, Users};
use crate::provider_data::{Object, ProviderData, Step, cause};
use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::prelude::*;

/// How long to wait for a seat to become available.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long assigning an available seat can take, if the user sets no timeout.
const MAX_ASSIGNMENT_TIME: Duration = Duration::from_secs(600);
/// The pause between two attempts to assign a seat.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
const IMPORT_ID_FORMATS: &str = "Expected `<USER_ID>` (a UUID) or `<EMAIL>` of the user";

/// State of a seat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seat {
    id: Attr<UserId>,
    user_id: Spelled<UserId>,
    send_seat_assigned_email: bool,
    timeouts: Option<Timeouts>,
}

impl Resource for Seat {
    const NAME: &'static str = "anaconda_seat";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Manages a seat of the organization's subscription, assigned to one user. Destroying the resource \
             unassigns the seat.",
        )
        .attributes([
            computed("id", Type::String, "UUID of the user.").use_state_for_unknown(),
            required("user_id", Type::String, "UUID of the user. Changing this forces a new seat.").requires_replace().semantic_equality(same_id).check(is_user_id),
            optional("send_seat_assigned_email", Type::Bool, "Whether Anaconda sends the user an email when the seat is assigned. Changing this alone sends no request. Defaults to `false`.").default(false),
        ])
        .block(timeouts::block([("create", "Maximum time to wait for a seat that another resource unassigns in the same run. Defaults to `30s`.")]))
    }

    async fn plan(cx: &mut Context<ProviderData>, change: &mut ResourcePlan) -> Result<()> {
        if change.is_create() {
            warn_over_limit(cx).await?;
        } else if change.is_replacement() {
            // Terraform plans the new seat in a separate request.
            cx.client()?.seats_planned.decrement();
            let user = change.prior("user_id").as_str().unwrap_or_default();
            let ends =
                "the provider unassigns the seat, and assigns it again if it is still available";
            unknown::warn(cx, change, "user_id", &format!("the seat of user {user}"), ends);
        }
        cx.client()?.note_plan(cx, step(change)).await
    }

    async fn plan_delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        let anaconda = cx.client()?;
        anaconda.seats_planned.decrement();
        anaconda.note_plan(cx, Step::removes(Some(Object::seat(&state.user_id)))).await
    }

    async fn create(cx: &mut Context<ProviderData>, plan: Self) -> Result<Self> {
        cx.client()?.seats_planned.decrement();
        if let Assigned::Before = assign(cx, &plan).await? {
            cx.mark_adopted();
            cx.warn(seat_adopted(&plan.user_id));
        }
        Ok(Self { id: Attr::Known(UserId::clone(&plan.user_id)), ..plan })
    }

    async fn read(cx: &mut Context<ProviderData>, state: Self) -> Result<Option<Self>> {
        let Refreshed::Current(users) = members(cx).await? else { return Ok(Some(state)) };
        let lack = |users: &Users| !users.by_id(&state.user_id).is_some_and(client::User::has_seat);
        if lack(&users) {
            let what = format!("The seat of user {}", state.user_id);
            let org = cx.client()?.org;
            if !keep_if_recently_written(cx, &what, org.users_lack(lack)).await? {
                return Ok(None);
            }
        } else {
            cx.confirm_scope();
        }
        Ok(Some(state))
    }

    /// Only the email setting can change in place. It takes effect when a seat is assigned later.
    async fn update(_: &mut Context<ProviderData>, plan: Self, _: Self) -> Result<Self> {
        Ok(plan)
    }

    async fn delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        let ProviderData { org, ledger, .. } = cx.client()?;
        let object = client::Object::Seat(UserId::clone(&state.user_id));
        let label = format!("The seat of user {}", state.user_id);
        let Some(_announced) = removal::announce(cx, &org, &object, None, &label)? else {
            return Ok(());
        };
        ledger.before_removal(&Object::seat(&state.user_id))?;
        let user = &state.user_id;
        // The API also returns "not found" for other reasons, so the list must agree.
        let is_free = || async {
            org.refresh_users();
            let users = org.users().await?;
            Ok(users.is_none_or(|users| !users.by_id(user).is_some_and(client::User::has_seat)))
        };
        let removal = || org.remove_seat(user);
        evidence::remove_verified(&org, removal, Error::is_not_found, is_free).await?;
        Ok(())
    }

    async fn import(cx: &mut Context<ProviderData>, id: &str) -> Result<Self> {
        let user = member_to_import(cx, id, IMPORT_ID_FORMATS).await?;
        if !user.has_seat() {
            let what = format!(
                "User \"{id}\" has no seat. Remove the `import` block: the plan then assigns a seat."
            );
            return Err(Diagnostic::error("Cannot import seat", what).into());
        }
        cx.client()?.ledger.imported(Object::seat(&user.id));
        Ok(Self::found(&user))
    }

    fn identity_schema() -> Vec<IdentityAttribute> {
        identity::schema([("user_id", "UUID of the user.")])
    }

    fn identity(client: &ProviderData, state: &Self) -> Result<Value> {
        Ok(identity::of(client, [("user_id", state.user_id.as_str())]))
    }

    fn import_id(client: &ProviderData, identity: &Value) -> Result<String> {
        identity::native(client, identity, "user_id")
    }
}

impl Seat {
    /// Returns the state of a seat that the list shows.
    pub(crate) fn found(holder: &client::User) -> Self {
        Self {
            id: Attr::Known(holder.id.clone()),
            user_id: holder.id.clone().into(),
            send_seat_assigned_email: false,
            timeouts: None,
        }
    }
}

/// Returns the effect of a plan on seats.
fn step(change: &ResourcePlan) -> Step {
    let seat = |user: &Value| Some(Object::seat(&UserId::parse(user.as_str()?).ok()?));
    let (prior, planned) = (seat(change.prior("user_id")), seat(change.planned("user_id")));
    match (change.is_create(), change.is_replacement()) {
        (true, _) => Step::adds(planned),
        (_, true) => Step::replaces(prior, planned),
        _ => Step::keeps(prior),
    }
}

/// Counts a planned seat, and warns once if the organization would need more seats than
/// `seat_limit`.
///
/// No request marks the end of a plan, so there is no total. The warning is only a hint: other
/// states and `-target` make the count inexact, and a failure here fails nothing.
async fn warn_over_limit(cx: &mut Context<ProviderData>) -> Result<()> {
    const SUMMARY: &str = "Seat limit exceeded";
    let anaconda = cx.client()?;
    let planned = anaconda.seats_planned.increment();
    let Some(limit) = anaconda.seat_limit else { return Ok(()) };
    let Ok(Some(users)) = anaconda.org.users().await else { return Ok(()) };
    let assigned = i64::try_from(users.seats_in_use()).unwrap_or(i64::MAX);
    if assigned.saturating_add(planned) > i64::from(limit) && anaconda.first_time(SUMMARY) {
        cx.warn(Diagnostic::warning(
            "Seat limit exceeded",
            format!(
                "This plan requires more seats than `seat_limit` of the provider, which is {limit}. Currently \
                 assigned: {assigned}. Before you apply, remove seats from the configuration, or buy \
                 seats and raise `seat_limit`. The provider reports only the first seat beyond the \
                 limit."
            ),
        ));
    }
    Ok(())
}

/// When the user was assigned the seat.
enum Assigned {
    /// By this create.
    Now,
    /// Before this create sent its request.
    Before,
}

/// Assigns the seat.
///
/// If no seat is available, waits for one: Terraform might unassign one in the same run, because no
/// dependency orders the two.
async fn assign(cx: &Context<ProviderData>, plan: &Seat) -> Result<Assigned> {
    let org = &Timeouts::for_create(plan.timeouts.as_ref(), &cx.client()?.org, MAX_ASSIGNMENT_TIME);
    let longest = Timeouts::create(plan.timeouts.as_ref(), removal::LONGEST_REMOVAL);
    let deadline = Instant::now() + Timeouts::create(plan.timeouts.as_ref(), DEFAULT_TIMEOUT);
    let (object, label) = (
        client::Object::Seat(UserId::clone(&plan.user_id)),
        format!("The seat of user {}", plan.user_id),
    );
    loop {
        removal::wait_until_removed(org, &object, &label, longest).await?;
        let assigned =
            create_or_find(org, Assign { org, plan, deadline, poll: org.list_poll() }).await?;
        if let Assigned::Now = assigned {
            return Ok(assigned);
        }
        match org.claim(object.clone()) {
            Ok(()) => return Ok(assigned),
            Err(NotClaimed::Claimed) => {
                return Err(removal::managed_twice(&label).at("user_id").into());
            }
            Err(NotClaimed::BeingRemoved) => {}
        }
    }
}

/// The request to assign a seat.
struct Assign<'a> {
    org: &'a Org,
    plan: &'a Seat,
    /// Deadline for a seat to become available.
    deadline: Instant,
    /// Retries for a user whom this run created and whom the API does not know yet.
    poll: ListPoll<'a>,
}

impl Creation for Assign<'_> {
    type Made = Assigned;
    /// A match: the user has a seat.
    type Found = ();

    async fn send(&mut self) -> StdResult<Assigned, Error> {
        let mail = self.plan.send_seat_assigned_email;
        self.org.assign_seat(&self.plan.user_id, mail).await.map(|()| Assigned::Now)
    }

    /// Requires a list after any conflict, because only the list shows whether the user has a seat.
    ///
    /// After a lost response, "no available seat" might mean that this user has the last one.
    fn needs_list(&self, error: &Error, attempts: &CreateAttempts) -> bool {
        error.outcome_unknown()
            || error.is_conflict()
            || (error.is_no_free_seat() && attempts.lost_before())
    }

    async fn find(&self) -> StdResult<Option<Vec<()>>, Error> {
        let holds = holds_seat(self.org, &self.plan.user_id).await?;
        Ok(holds.map(|holds| if holds { vec![()] } else { Vec::new() }))
    }

    async fn settle(
        &mut self,
        _: Vec<()>,
        error: &Error,
        attempts: &CreateAttempts,
    ) -> Result<Option<Assigned>> {
        // A user has at most one seat, so after a lost response it is the one that this create
        // requested.
        if error.is_conflict() && !attempts.lost_before() {
            return Ok(Some(Assigned::Before));
        }
        let claimed = self.org.claim(client::Object::Seat(UserId::clone(&self.plan.user_id)));
        Ok(claimed.is_ok().then_some(Assigned::Now))
    }

    /// Sends the request again, because the API rejects a second seat.
    fn unlisted(&mut self, error: &Error, attempts: &CreateAttempts) -> Result<Option<Assigned>> {
        let created_before = attempts.lost_before();
        let assigned = if created_before { Assigned::Now } else { Assigned::Before };
        Ok(error.is_conflict().then_some(assigned))
    }

    async fn passes(&mut self, error: &Error) -> bool {
        if error.is_no_free_seat() {
            return Instant::now() + RETRY_INTERVAL < self.deadline
                && self.org.pause(RETRY_INTERVAL).await;
        }
        evidence::retry_not_found(self.org, &self.plan.user_id, error, &mut self.poll).await
    }

    fn unknown_outcome(&self, error: &Error, no_list: Option<&Error>) -> Diagnostic {
        unknown_outcome(
            &format!("The seat of user {}", self.plan.user_id),
            error,
            no_list,
            "Apply again. If the seat is assigned, the provider adopts it with a warning.",
        )
        .at("user_id")
    }

    async fn refused(&mut self, error: Error) -> Diagnostics {
        let user = &self.plan.user_id;
        match error {
            error if error.is_no_free_seat() && self.org.is_stopped() => wait_canceled(user).into(),
            error if error.is_no_free_seat() => no_free_seat(self.org, user, &error).await.into(),
            error if error.is_not_found() => {
                evidence::not_found(self.org, user, error, |user| no_such_user(self.org, user))
                    .await
            }
            error => error.into(),
        }
    }
}

/// Reports whether a fresh list shows the user with a seat.
///
/// Returns `None` if this deployment has no such list.
async fn holds_seat(org: &Org, user: &UserId) -> StdResult<Option<bool>, Error> {
    org.refresh_users();
    let users = org.users().await?;
    Ok(users.map(|users| users.by_id(user).is_some_and(client::User::has_seat)))
}

fn seat_adopted(user: &UserId) -> Diagnostic {
    Diagnostic::warning(
        "Seat already assigned",
        format!(
            "User {user} already has a seat that was assigned outside of this configuration. Terraform now \
             manages this seat, and unassigns it when this resource is destroyed."
        ),
    )
    .at("user_id")
}

fn wait_canceled(user: &UserId) -> Diagnostic {
    Diagnostic::error(
        "Operation canceled",
        format!(
            "The run was interrupted while the provider waited for an available seat for user {user}. \
             The user has no seat. Run the command again to continue."
        ),
    )
    .at("user_id")
}

fn no_such_user(org: &Org, user: &UserId) -> Diagnostic {
    Diagnostic::error(
        "User not found",
        format!(
            "The {} has no user {user}. The provider assigned no seat. Use the `id` of an `anaconda_user` \
             of the same provider configuration.",
            org.organization_label()
        ),
    )
    .at("user_id")
}

async fn no_free_seat(org: &Org, user: &UserId, refusal: &Error) -> Diagnostic {
    let count = match org.users().await.ok().flatten() {
        Some(users) => format!("seats assigned: {}", users.seats_in_use()),
        None => "number of assigned seats: unknown".to_owned(),
    };
    let said = cause(refusal);
    Diagnostic::error(
        "No available seats",
        format!(
            "User {user} was not assigned a seat, because the subscription has no available seats ({count}). \
             Remove an `anaconda_seat`, or buy seats, and apply again.\n\nIf this run also unassigns a \
             seat, run it without `-parallelism=1`: Terraform unassigns the seat only while this resource \
             waits. If this resource has `create_before_destroy`, its previous seat is assigned until the \
             new one is: remove that setting.\n\n{said}"
        ),
    )
    .at("user_id")
}

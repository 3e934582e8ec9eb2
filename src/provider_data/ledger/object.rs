//! [`Object`]: what the ledger knows an object of Anaconda by.

use std::collections::BTreeSet;

use crate::client::{ClientId, TokenId, UserId, Users};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A member, a person or a managed user.
    Person,
    /// A managed user that does not exist yet. Names are all it has, and they need not be unique.
    NewManagedUser,
    /// The seat of a user.
    Seat,
    /// A token of a user.
    Token,
    /// A service account.
    ServiceAccount,
}

/// An object, by its ID or by what names it before it exists.
///
/// Two objects are the same if their IDs are equal. While one of them has none, a shared name is
/// enough: the email address of a person, the user of a token, the name of a service account.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(in crate::provider_data) kind: Kind,
    id: Option<String>,
    names: BTreeSet<String>,
    /// Whether the organization manages it, so that it is no person.
    pub(super) managed: bool,
    /// How a message names it.
    pub(in crate::provider_data) label: String,
}

impl Object {
    /// A person. A member has an ID; an address to add has only its spelling, which does not matter.
    pub(crate) fn person(id: Option<&UserId>, email: Option<&str>) -> Self {
        let label = match (email, id) {
            (Some(email), Some(id)) => format!("{email} ({id})"),
            (Some(email), None) => email.to_owned(),
            (None, id) => format!("user {}", id.map(UserId::as_str).unwrap_or_default()),
        };
        let names = email.map(str::to_lowercase).into_iter().collect();
        let id = id.map(UserId::to_string);
        Self { kind: Kind::Person, id, names, managed: false, label }
    }

    /// A managed user who exists.
    pub(crate) fn managed_user(id: &UserId) -> Self {
        Self { managed: true, ..Self::person(Some(id), None) }
    }

    /// A managed user to add.
    pub(crate) fn new_managed_user(first_name: Option<&str>, last_name: Option<&str>) -> Self {
        let name = [first_name, last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let label = format!("managed user \"{name}\"");
        let names = [name].into();
        Self { kind: Kind::NewManagedUser, id: None, names, managed: true, label }
    }

    /// The seat of a user; each user has one at most.
    pub(crate) fn seat(user: &UserId) -> Self {
        let label = format!("the seat of user {user}");
        let id = Some(user.to_string());
        Self { kind: Kind::Seat, id, names: BTreeSet::new(), managed: false, label }
    }

    /// A token. One that is not issued yet, or whose ID Anaconda did not tell, has its user alone.
    pub(crate) fn token(user: &UserId, id: Option<&TokenId>) -> Self {
        let label = match id {
            Some(id) => format!("token {id} of user {user}"),
            None => format!("the token of user {user}"),
        };
        let id = id.map(TokenId::to_string);
        Self { kind: Kind::Token, id, names: [user.to_string()].into(), managed: false, label }
    }

    /// A service account. One to create has its name alone.
    pub(crate) fn service_account(id: Option<&ClientId>, name: Option<&str>) -> Self {
        let label = match (name, id) {
            (Some(name), Some(id)) => format!("service account \"{name}\" ({id})"),
            (Some(name), None) => format!("service account \"{name}\""),
            (None, id) => {
                format!("service account {}", id.map(ClientId::as_str).unwrap_or_default())
            }
        };
        let names = name.map(str::to_owned).into_iter().collect();
        let id = id.map(ClientId::to_string);
        Self { kind: Kind::ServiceAccount, id, names, managed: false, label }
    }

    /// Adds what the list of users tells of a person: the ID that belongs to an address, and the
    /// address that belongs to an ID.
    pub(super) fn complete(&mut self, users: Option<&Users>) {
        let (Kind::Person, false, Some(users)) = (self.kind, self.managed, users) else { return };
        let listed = match &self.id {
            Some(id) => UserId::parse(id).ok().and_then(|id| users.by_id(&id)),
            None => self.names.iter().find_map(|email| users.by_email(email)),
        };
        if let Some(user) = listed {
            self.id = Some(user.id.to_string());
            self.names.extend(user.email.as_deref().map(str::to_lowercase));
        }
    }

    /// The same for whatever has one of its names.
    pub(super) fn by_name(&self) -> Self {
        Self { id: None, ..self.clone() }
    }

    /// How a message names it.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// What stays the same when an object is replaced by another of its name.
    pub(super) fn handle(&self) -> &str {
        self.names.first().or(self.id.as_ref()).unwrap_or(&self.label)
    }

    /// The user of a token, whose ID is its name.
    pub(super) fn owner(&self) -> Option<Self> {
        Some(Self::person(Some(&UserId::parse(self.names.first()?).ok()?), None))
    }

    /// The seat of a token's user, or the tokens of a seat's user.
    pub(super) fn counterpart(&self) -> Option<Self> {
        match self.kind {
            Kind::Token => Some(Self::seat(&UserId::parse(self.names.first()?).ok()?)),
            Kind::Seat => Some(Self::token(&UserId::parse(self.id.as_ref()?).ok()?, None)),
            _ => None,
        }
    }

    /// Whether both belong to one user, as two tokens may.
    pub(crate) fn same_owner(&self, other: &Self) -> bool {
        self.by_name().is(&other.by_name())
    }

    pub(in crate::provider_data) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Under what it is found: IDs and names cannot be taken for each other.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        let id = self.id.iter().map(|id| (self.kind, true, id.clone()));
        id.chain(self.names.iter().map(|name| (self.kind, false, name.clone())))
    }

    /// Whether both are one object.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.kind == other.kind
            && match (&self.id, &other.id) {
                (Some(one), Some(other)) => one == other,
                _ => !self.names.is_disjoint(&other.names),
            }
    }
}

/// Kind, whether it is an ID, and the ID or name.
pub(super) type Key = (Kind, bool, String);

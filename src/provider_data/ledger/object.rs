//! [`Object`]: the identity of an Anaconda object in the ledger.

use crate::client::{ClientId, TokenId, UserId, Users};

/// The kind of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A member: a person or an existing managed user.
    Person,
    /// A managed user that does not exist yet. It has only names, which need not be unique.
    NewManagedUser,
    /// The seat of a user.
    Seat,
    /// A token of a user.
    Token,
    /// A service account.
    ServiceAccount,
}

/// An object, identified by its ID or, before it exists, by a name.
///
/// Two objects are the same if their IDs are equal. If one of them has no ID, a common name is
/// enough: the email address of a person, the user of a token, or the name of a service account.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(in crate::provider_data) kind: Kind,
    id: Option<String>,
    /// Sorted, without duplicates. A set would take ten times the memory of its one name.
    names: Vec<String>,
    /// Whether the organization manages the user, so that it is not a person.
    pub(super) managed: bool,
    /// Its name in messages.
    pub(in crate::provider_data) label: String,
}

impl Object {
    /// Returns a person.
    ///
    /// A member has an ID. A person to add has only an email address, whose case is ignored.
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

    /// Returns an existing managed user.
    pub(crate) fn managed_user(id: &UserId) -> Self {
        Self { managed: true, ..Self::person(Some(id), None) }
    }

    /// Returns a managed user to add.
    pub(crate) fn new_managed_user(first_name: Option<&str>, last_name: Option<&str>) -> Self {
        let name = [first_name, last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let label = format!("managed user \"{name}\"");
        let names = [name].into();
        Self { kind: Kind::NewManagedUser, id: None, names, managed: true, label }
    }

    /// Returns the seat of a user. Each user has at most one.
    pub(crate) fn seat(user: &UserId) -> Self {
        let label = format!("the seat of user {user}");
        let id = Some(user.to_string());
        Self { kind: Kind::Seat, id, names: Vec::new(), managed: false, label }
    }

    /// Returns a token.
    ///
    /// One that is not issued yet, or whose ID the API did not return, has only its user.
    pub(crate) fn token(user: &UserId, id: Option<&TokenId>) -> Self {
        let label = match id {
            Some(id) => format!("token {id} of user {user}"),
            None => format!("the token of user {user}"),
        };
        let id = id.map(TokenId::to_string);
        Self { kind: Kind::Token, id, names: [user.to_string()].into(), managed: false, label }
    }

    /// Returns a service account. One to create has only its name.
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

    /// Completes a person from the list of users: the ID of an email address, and the email address
    /// of an ID.
    pub(super) fn complete(&mut self, users: Option<&Users>) {
        let (Kind::Person, false, Some(users)) = (self.kind, self.managed, users) else { return };
        let listed = match &self.id {
            Some(id) => UserId::parse(id).ok().and_then(|id| users.by_id(&id)),
            None => self.names.iter().find_map(|email| users.by_email(email)),
        };
        if let Some(user) = listed {
            self.id = Some(user.id.to_string());
            let email = user.email.as_deref().map(str::to_lowercase);
            self.names.extend(email.filter(|email| !self.names.contains(email)));
            self.names.sort();
        }
    }

    /// Returns the object without its ID, which matches every object with one of its names.
    pub(super) fn by_name(&self) -> Self {
        Self { id: None, ..self.clone() }
    }

    /// Returns its name in messages.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Returns the name that stays the same if another object of this name replaces this one.
    pub(super) fn handle(&self) -> &str {
        self.names.first().or(self.id.as_ref()).unwrap_or(&self.label)
    }

    /// Returns the user of a token. The name of a token is the ID of its user.
    pub(super) fn owner(&self) -> Option<Self> {
        Some(Self::person(Some(&UserId::parse(self.names.first()?).ok()?), None))
    }

    /// Returns the seat of a token's user, or the tokens of a seat's user.
    pub(super) fn counterpart(&self) -> Option<Self> {
        match self.kind {
            Kind::Token => Some(Self::seat(&UserId::parse(self.names.first()?).ok()?)),
            Kind::Seat => Some(Self::token(&UserId::parse(self.id.as_ref()?).ok()?, None)),
            _ => None,
        }
    }

    /// Reports whether both belong to one user, as two tokens can.
    pub(crate) fn same_owner(&self, other: &Self) -> bool {
        self.by_name().is(&other.by_name())
    }

    pub(in crate::provider_data) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the keys of the object. A key of an ID never equals a key of a name.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        let id = self.id.iter().map(|id| (self.kind, true, id.clone()));
        id.chain(self.names.iter().map(|name| (self.kind, false, name.clone())))
    }

    /// Reports whether both are the same object.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.kind == other.kind
            && match (&self.id, &other.id) {
                (Some(one), Some(other)) => one == other,
                _ => self.names.iter().any(|name| other.names.contains(name)),
            }
    }
}

/// The kind, whether the text is an ID, and the ID or name.
pub(super) type Key = (Kind, bool, String);

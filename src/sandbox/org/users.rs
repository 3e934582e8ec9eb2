//! Adding, listing and removing users.

use uuid::Uuid;

use super::{Org, OrgError, Role, User};

impl Org {
    /// Puts the first admin in place, without a seat. Does nothing in an organization that has
    /// users.
    pub(crate) fn create_initial_admin(&mut self, admin_email: &str) {
        if self.users.iter().next().is_none() {
            let email = Some(admin_email.to_lowercase());
            self.users.insert(User { role: Role::Admin, ..User::member(email) });
            self.touch();
        }
    }

    /// All users in the order they came.
    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.iter()
    }

    /// One user.
    pub(crate) fn user(&self, id: Uuid) -> Result<&User, OrgError> {
        self.users.get(id).ok_or(OrgError::UserNotFound)
    }

    /// Adds a member; without an address, a managed user.
    ///
    /// Addresses compare without case and are kept in lower case (decided here: a service may
    /// normalise, and a client must stand it).
    pub(crate) fn add_user(
        &mut self,
        email: Option<String>,
        first_name: Option<String>,
        last_name: Option<String>,
    ) -> Result<&User, OrgError> {
        let email = email.map(|address| address.to_lowercase());
        self.refuse_member(email.as_deref())?;
        let user = User { first_name, last_name, ..User::member(email) };
        let id = user.id;
        self.users.insert(user);
        self.touch();
        self.user(id)
    }

    /// Removes a user: the seat becomes free, the tokens end. The last admin stays.
    pub(crate) fn remove_user(&mut self, id: Uuid) -> Result<(), OrgError> {
        let is_admin = |user: &User| user.role == Role::Admin;
        if is_admin(self.user(id)?) && !self.users.iter().any(|u| is_admin(u) && u.id != id) {
            return Err(OrgError::LastAdmin);
        }
        self.users.remove(id);
        self.touch();
        Ok(())
    }

    /// The first of the admins: the one who gets the organization's mail.
    pub(crate) fn admin(&self) -> Option<&User> {
        self.users.iter().find(|user| user.role == Role::Admin)
    }

    pub(super) fn refuse_member(&self, email: Option<&str>) -> Result<(), OrgError> {
        match email.and_then(|address| self.users.with_email(address)) {
            Some(_) => Err(OrgError::AlreadyMember),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_is_unique_in_any_case_and_lowercase() {
        let mut org = Org::for_tests();
        let ada = org.add_user(Some("Ada@Example.com".into()), None, None).unwrap();
        assert_eq!(ada.email.as_deref(), Some("ada@example.com"));
        let again = org.add_user(Some("ADA@example.COM".into()), None, None);
        assert_eq!(again.unwrap_err(), OrgError::AlreadyMember);
    }

    #[test]
    fn managed_users_are_listed_with_generated_email() {
        let mut org = Org::for_tests();
        let user = org.add_user(None, Some("Jupyter".into()), None).unwrap().clone();
        assert_eq!(user.email, None);
        assert_eq!(user.listed_email(), format!("{}@managed.invalid", user.id));
        assert!(org.add_user(None, Some("Jupyter".into()), None).is_ok());
    }

    #[test]
    fn removed_user_releases_seat_and_email() {
        let mut org = Org::for_tests();
        let id = org.add_user(Some("ada@example.com".into()), None, None).unwrap().id;
        org.assign_seat(id, false).unwrap();
        org.remove_user(id).unwrap();
        assert_eq!(org.seats_used(), 0);
        assert_eq!(org.remove_user(id), Err(OrgError::UserNotFound));
        assert!(org.add_user(Some("ada@example.com".into()), None, None).is_ok());
    }

    #[test]
    fn last_admin_stays_and_others_can_be_removed() {
        let mut org = Org::for_tests();
        let first = org.admin().unwrap().id;
        assert_eq!(org.remove_user(first), Err(OrgError::LastAdmin));
        org.users.insert(User { role: Role::Admin, ..User::member(None) });
        assert_eq!(org.remove_user(first), Ok(()));
        assert_eq!(org.remove_user(org.admin().unwrap().id), Err(OrgError::LastAdmin));
    }

    #[test]
    fn version_increases_only_with_changes() {
        let mut org = Org::for_tests();
        let before = org.version();
        let _ = org.add_user(Some("admin@example.com".into()), None, None);
        let _ = org.remove_user(Uuid::new_v4());
        assert_eq!(org.version(), before);
        org.add_user(None, None, None).unwrap();
        assert!(org.version() > before);
    }
}

//! The subscription's seats.

use uuid::Uuid;

use super::{Org, OrgError};

impl Org {
    /// Seats that users hold.
    pub(crate) fn seats_used(&self) -> u32 {
        self.users.seats()
    }

    /// Seats that nobody holds; 0 also when the pool was made smaller than what is held.
    pub(crate) fn seats_free(&self) -> u32 {
        self.rules.seats.saturating_sub(self.users.seats())
    }

    /// Gives a user a seat, with a mail if asked and if there is an address.
    pub(crate) fn assign_seat(&mut self, id: Uuid, notify: bool) -> Result<(), OrgError> {
        let user = self.user(id)?;
        if user.seat {
            return Err(OrgError::SeatAlreadyAssigned);
        }
        let address = user.email.clone().filter(|_| notify);
        if self.seats_free() == 0 {
            return Err(OrgError::NoFreeSeats);
        }
        self.users.edit(id, |user| user.seat = true);
        if let Some(address) = address {
            self.mail(address, "seat_assigned");
        }
        self.touch();
        Ok(())
    }

    /// Takes the seat back, and the user's tokens with it unless they outlive seats: the web pages'
    /// documentation says that they do not, the API's is silent.
    pub(crate) fn remove_seat(&mut self, id: Uuid) -> Result<(), OrgError> {
        if !self.user(id)?.seat {
            return Err(OrgError::SeatNotAssigned);
        }
        let ends = !self.rules.tokens_outlive_seats;
        self.users.edit(id, |user| {
            user.seat = false;
            user.tokens.iter_mut().filter(|_| ends).for_each(|token| token.revoked = true);
        });
        self.touch();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::org::Mail;

    #[test]
    fn seats_come_from_pool_and_return() {
        let mut org = Org::for_tests();
        let ids: Vec<_> = (0..4).map(|_| org.add_user(None, None, None).unwrap().id).collect();
        for id in &ids[..3] {
            assert_eq!(org.assign_seat(*id, true), Ok(()));
        }
        assert_eq!(org.assign_seat(ids[3], true), Err(OrgError::NoFreeSeats));
        assert_eq!(org.assign_seat(ids[0], true), Err(OrgError::SeatAlreadyAssigned));
        assert_eq!(org.remove_seat(ids[0]), Ok(()));
        assert_eq!(org.remove_seat(ids[0]), Err(OrgError::SeatNotAssigned));
        assert_eq!(org.assign_seat(ids[3], true), Ok(()));
    }

    #[test]
    fn removed_seat_revokes_tokens_unless_configured_otherwise() {
        for outlive in [false, true] {
            let mut org = Org::for_tests();
            org.rules.tokens_outlive_seats = outlive;
            let id = org.add_user(None, None, None).unwrap().id;
            org.assign_seat(id, false).unwrap();
            let [end, now] =
                ["2040-01-01T00:00:00Z", "2030-01-01T00:00:00Z"].map(|it| it.parse().unwrap());
            org.issue_token_out_of_band(id, end, now).unwrap();
            org.remove_seat(id).unwrap();
            assert_eq!(org.user(id).unwrap().tokens[0].revoked, !outlive);
        }
    }

    #[test]
    fn reduced_seat_pool_has_none_available() {
        let mut org = Org::for_tests();
        let id = org.add_user(None, None, None).unwrap().id;
        org.assign_seat(id, true).unwrap();
        org.rules.seats = 0;
        assert_eq!((org.seats_used(), org.seats_free()), (1, 0));
    }

    #[test]
    fn seat_mail_is_sent_only_if_requested() {
        let mut org = Org::for_tests();
        let ada = org.add_user(Some("ada@example.com".into()), None, None).unwrap().id;
        let bob = org.add_user(Some("bob@example.com".into()), None, None).unwrap().id;
        let machine = org.add_user(None, None, None).unwrap().id;
        org.assign_seat(ada, true).unwrap();
        org.assign_seat(bob, false).unwrap();
        org.assign_seat(machine, true).unwrap();
        let mail = Mail { to: "ada@example.com".into(), kind: "seat_assigned".into() };
        assert_eq!(org.mails(), [mail]);
    }

    #[test]
    fn unknown_user_fails_both_seat_operations() {
        let mut org = Org::for_tests();
        assert_eq!(org.assign_seat(Uuid::new_v4(), true), Err(OrgError::UserNotFound));
        assert_eq!(org.remove_seat(Uuid::new_v4()), Err(OrgError::UserNotFound));
    }
}

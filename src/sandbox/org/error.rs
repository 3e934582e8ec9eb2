//! [`OrgError`]: violated rules of the organization. The messages are those of the API documentation, if
//! any.

/// A rule that stands against a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OrgError {
    /// No service account has this client id.
    #[error("Service account not found")]
    ServiceAccountNotFound,
    /// No user has this id.
    #[error("User not found")]
    UserNotFound,
    /// The user has no such token, or no live one where a live one is needed.
    #[error("User token not found")]
    TokenNotFound,
    /// There is no seat to remove.
    #[error("A seat is not currently assigned to the user")]
    SeatNotAssigned,
    /// The user holds a seat; nobody holds two.
    #[error("A seat is already assigned to the user")]
    SeatAlreadyAssigned,
    /// Every seat is held by somebody.
    #[error("No free seats remaining in the organization subscription")]
    NoFreeSeats,
    /// A user with this address exists. Not documented; decided here.
    #[error("A user with this email address is already a member of the organization")]
    AlreadyMember,
    /// An organization keeps one admin. Not documented beyond "Request conflict".
    #[error("The last admin of the organization cannot be removed")]
    LastAdmin,
    /// A revoked token cannot be revoked. Not documented beyond "Request conflict".
    #[error("The token is already revoked")]
    TokenAlreadyRevoked,
}

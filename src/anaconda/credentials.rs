//! The kinds of credentials, and what the user calls their parts.

/// One kind of credentials: a pair to sign in with, or a bearer that was made elsewhere.
pub(crate) struct Kind {
    /// What the user calls it.
    pub(crate) name: &'static str,
    /// What needs it, as the beginning of a sentence in the plural.
    pub(crate) needed_by: &'static str,
    /// The argument and the variable of the pair's first part.
    pub(crate) id: (&'static str, &'static str),
    /// The same of its secret part.
    pub(crate) secret: (&'static str, &'static str),
    /// The same of the bearer.
    pub(crate) bearer: (&'static str, &'static str),
}

/// For users, seats, tokens and onboarding.
pub(crate) const SERVICE_ACCOUNT: Kind = Kind {
    name: "service account",
    needed_by: "Users, seats and tokens",
    id: ("client_id", "ANACONDA_CLIENT_ID"),
    secret: ("client_secret", "ANACONDA_CLIENT_SECRET"),
    bearer: ("access_token", "ANACONDA_ACCESS_TOKEN"),
};

/// For service accounts, and only for them.
pub(crate) const ADMIN: Kind = Kind {
    name: "organization admin",
    needed_by: "Service accounts (anaconda_service_account)",
    id: ("admin_username", "ANACONDA_ADMIN_USERNAME"),
    secret: ("admin_password", "ANACONDA_ADMIN_PASSWORD"),
    bearer: ("admin_access_token", "ANACONDA_ADMIN_ACCESS_TOKEN"),
};

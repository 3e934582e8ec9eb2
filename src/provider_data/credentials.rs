//! The kinds of credentials, and the names of their arguments and environment variables.

/// One kind of credentials: an ID with a secret, or an existing access token.
pub(crate) struct CredentialKind {
    /// Its name in messages.
    pub(crate) name: &'static str,
    /// The objects that require it, as the plural subject of a sentence.
    pub(crate) needed_by: &'static str,
    /// The argument and the environment variable of the ID.
    pub(crate) id: (&'static str, &'static str),
    /// The argument and the environment variable of the secret.
    pub(crate) secret: (&'static str, &'static str),
    /// The argument and the environment variable of the access token.
    pub(crate) bearer: (&'static str, &'static str),
}

/// The credentials for users, seats, tokens, and onboarding.
pub(crate) const SERVICE_ACCOUNT: CredentialKind = CredentialKind {
    name: "service account",
    needed_by: "Users, seats, and tokens",
    id: ("client_id", "ANACONDA_CLIENT_ID"),
    secret: ("client_secret", "ANACONDA_CLIENT_SECRET"),
    bearer: ("access_token", "ANACONDA_ACCESS_TOKEN"),
};

/// The credentials for service accounts only.
pub(crate) const ADMIN: CredentialKind = CredentialKind {
    name: "organization admin",
    needed_by: "Service accounts (`anaconda_service_account`)",
    id: ("admin_username", "ANACONDA_ADMIN_USERNAME"),
    secret: ("admin_password", "ANACONDA_ADMIN_PASSWORD"),
    bearer: ("admin_access_token", "ANACONDA_ADMIN_ACCESS_TOKEN"),
};

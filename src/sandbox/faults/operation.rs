//! What a request wants, told from its method and path alone.

use axum::http::Method;

use crate::sandbox::sign_in::TOKEN_PATH;

/// An operation of the API, or the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `POST /api/iam/token`.
    SignIn,
    /// `POST …/service-accounts`.
    CreateServiceAccount,
    /// `GET …/service-accounts`.
    ListServiceAccounts,
    /// `DELETE …/service-accounts/{client_id}`.
    DeleteServiceAccount,
    /// `POST …/users_auto_registration`.
    OnboardUsers,
    /// `POST …/users`.
    AddUser,
    /// `GET …/users`.
    ListUsers,
    /// `DELETE …/users/{user_id}`.
    RemoveUser,
    /// `POST …/users/{user_id}/seats`.
    AssignSeat,
    /// `DELETE …/users/{user_id}/seats`.
    RemoveSeat,
    /// `POST …/users/{user_id}/token`.
    CreateToken,
    /// `PATCH …/users/{user_id}/token`.
    UpdateToken,
    /// `GET …/users/{user_id}/tokens`.
    ListTokens,
    /// `DELETE …/users/{user_id}/tokens/{token_id}`.
    RevokeToken,
    /// `DELETE …/users/{user_id}/token`.
    RevokeUserToken,
}

impl Operation {
    /// All, each with the word for it.
    pub(crate) const ALL: [(&'static str, Self); 15] = [
        ("sign_in", Self::SignIn),
        ("create_service_account", Self::CreateServiceAccount),
        ("list_service_accounts", Self::ListServiceAccounts),
        ("delete_service_account", Self::DeleteServiceAccount),
        ("onboard_users", Self::OnboardUsers),
        ("add_user", Self::AddUser),
        ("list_users", Self::ListUsers),
        ("remove_user", Self::RemoveUser),
        ("assign_seat", Self::AssignSeat),
        ("remove_seat", Self::RemoveSeat),
        ("create_token", Self::CreateToken),
        ("update_token", Self::UpdateToken),
        ("list_tokens", Self::ListTokens),
        ("revoke_token", Self::RevokeToken),
        ("revoke_user_token", Self::RevokeUserToken),
    ];

    /// The operation of a request; `None` when there is no such one, in any dialect.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        let method = method.as_str();
        if path == TOKEN_PATH {
            return (method == "POST").then_some(Self::SignIn);
        }
        let (_organization, rest) = path.strip_prefix("/api/v1/organizations/")?.split_once('/')?;
        let segments: Vec<&str> = rest.split('/').collect();
        Some(match (method, segments.as_slice()) {
            ("POST", ["service-accounts"]) => Self::CreateServiceAccount,
            ("GET", ["service-accounts"]) => Self::ListServiceAccounts,
            ("DELETE", ["service-accounts", _]) => Self::DeleteServiceAccount,
            ("POST", ["users_auto_registration"]) => Self::OnboardUsers,
            ("POST", ["users"]) => Self::AddUser,
            ("GET", ["users"]) => Self::ListUsers,
            ("DELETE", ["users", _]) => Self::RemoveUser,
            ("POST", ["users", _, "seats"]) => Self::AssignSeat,
            ("DELETE", ["users", _, "seats"]) => Self::RemoveSeat,
            ("POST", ["users", _, "token"]) => Self::CreateToken,
            ("PATCH", ["users", _, "token"]) => Self::UpdateToken,
            ("DELETE", ["users", _, "token"]) => Self::RevokeUserToken,
            ("GET", ["users", _, "tokens"]) => Self::ListTokens,
            ("DELETE", ["users", _, "tokens", _]) => Self::RevokeToken,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_identified_by_method_and_path() {
        let requests = [
            ("POST", "service-accounts"),
            ("GET", "service-accounts"),
            ("DELETE", "service-accounts/c"),
            ("POST", "users_auto_registration"),
            ("POST", "users"),
            ("GET", "users"),
            ("DELETE", "users/u"),
            ("POST", "users/u/seats"),
            ("DELETE", "users/u/seats"),
            ("POST", "users/u/token"),
            ("PATCH", "users/u/token"),
            ("GET", "users/u/tokens"),
            ("DELETE", "users/u/tokens/t"),
            ("DELETE", "users/u/token"),
        ];
        let of = |method: &str, path: &str| {
            Operation::of(&Method::from_bytes(method.as_bytes()).unwrap(), path)
        };
        let told = requests
            .map(|(method, path)| of(method, &format!("/api/v1/organizations/o/{path}")).unwrap());
        let all = Operation::ALL.map(|(_, operation)| operation);
        assert_eq!(of("POST", TOKEN_PATH), Some(all[0]));
        assert_eq!(told, all[1..]);
        assert_eq!(of("GET", TOKEN_PATH), None);
        assert_eq!(of("PUT", "/api/v1/organizations/o/users"), None);
        assert_eq!(of("GET", "/nowhere"), None);
    }
}

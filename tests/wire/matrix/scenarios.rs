//! Subjects of the runs: small configurations, and the write operations that each one causes.

use serde_json::{Value, json};

use super::runs::{Block, Order};

/// Step of a run that the fault disturbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// First apply of the configuration.
    Create,
    /// Apply of a changed configuration.
    Change,
    /// Destroy of all objects.
    Destroy,
    /// Run without changes, long after the objects were created.
    Refresh,
}

/// One operation of the provider, and a run that performs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    /// Title in the table.
    pub(crate) title: &'static str,
    /// Name of the endpoint in the sandbox.
    pub(crate) endpoint: &'static str,
    /// Grant of the token request, if the endpoint is the token endpoint.
    pub(crate) grant: Option<&'static str>,
    /// Whether the sandbox simulates the legacy API.
    pub(crate) guide: bool,
    pub(crate) moment: Moment,
    /// Configuration that is applied first.
    pub(crate) blocks: &'static [Block],
    /// Configuration that is applied second, if the run has a change.
    pub(crate) changed: &'static [Block],
    /// Rejected edit that the disturbed run applies instead. The next run applies the corrected
    /// one.
    pub(crate) careless: &'static [Block],
    /// Order of the changes.
    pub(crate) order: Order,
}

/// Expiration date of a token, far in the future.
const END: &str = "2090-01-31T00:00:00Z";

pub(super) const ADA: Block = Block {
    address: "anaconda_user.ada",
    resource: "anaconda_user",
    user: None,
    arguments: || json!({"email": "Ada@example.com", "first_name": "Ada"}),
};
pub(super) const SERVER: Block = Block {
    address: "anaconda_user.server",
    resource: "anaconda_user",
    user: None,
    arguments: || json!({"first_name": "Jupyter", "last_name": "Server-1"}),
};
pub(super) const SEAT: Block = Block {
    address: "anaconda_seat.ada",
    resource: "anaconda_seat",
    user: Some(ADA.address),
    arguments: || json!({}),
};
pub(super) const TOKEN: Block = Block {
    address: "anaconda_token.ada",
    resource: "anaconda_token",
    user: Some(ADA.address),
    arguments: || json!({"expires_at": END}),
};
const FORCED_TOKEN: Block =
    Block { arguments: || json!({"expires_at": END, "revoke_existing": true}), ..TOKEN };
pub(super) const LONGER_TOKEN: Block =
    Block { arguments: || json!({"expires_at": "2091-01-31T00:00:00Z"}), ..TOKEN };
pub(super) const SYNCED_TOKEN: Block =
    Block { arguments: || json!({"sync_with_subscription": true}), ..TOKEN };
pub(super) const ACCOUNT: Block = Block {
    address: "anaconda_service_account.ci",
    resource: "anaconda_service_account",
    user: None,
    arguments: || json!({"name": "ci"}),
};
const PREFIXED: Block = Block { arguments: || json!({"name_prefix": "ci-"}), ..ACCOUNT };
pub(super) const COURSE: Block = Block {
    address: "anaconda_onboarding.course",
    resource: "anaconda_onboarding",
    user: None,
    arguments: || json!({"emails": ["kim@example.com", "Lee@example.com"], "timeouts": timeouts()}),
};
const SMALLER_COURSE: Block = Block {
    arguments: || json!({"emails": ["Lee@example.com"], "timeouts": timeouts()}),
    ..COURSE
};

/// Same user, seat, and token at other addresses.
const RENAMED: Block = Block {
    address: "anaconda_user.lovelace",
    arguments: || json!({"email": "ada@example.com", "adopt_existing": true}),
    ..ADA
};
const RENAMED_SEAT: Block =
    Block { address: "anaconda_seat.lovelace", user: Some(RENAMED.address), ..SEAT };
const SECOND_TOKEN: Block = Block { address: "anaconda_token.twice", ..FORCED_TOKEN };
/// Token before and after its rotation.
const KEPT_TOKEN: Block = Block {
    arguments: || json!({"expires_at": END, "revoke_existing": true, "keepers": {"at": "1"}}),
    ..TOKEN
};
const ROTATED_TOKEN: Block = Block {
    arguments: || json!({"expires_at": END, "revoke_existing": true, "keepers": {"at": "2"}}),
    ..TOKEN
};
const KEPT_ACCOUNT: Block =
    Block { arguments: || json!({"name_prefix": "ci-", "keepers": {"at": "1"}}), ..ACCOUNT };
const ROTATED_ACCOUNT: Block =
    Block { arguments: || json!({"name_prefix": "ci-", "keepers": {"at": "2"}}), ..ACCOUNT };

/// Configurations before and after an edit that replaces or renames objects.
pub(crate) const BEFORE_EDIT: &[Block] = &[ADA, SEAT, KEPT_TOKEN, KEPT_ACCOUNT];
pub(crate) const REPLACED: &[Block] = &[ADA, SEAT, ROTATED_TOKEN, ROTATED_ACCOUNT];
pub(crate) const BEFORE_RENAME: &[Block] = &[ADA, SEAT];
pub(crate) const AFTER_RENAME: &[Block] = &[RENAMED, RENAMED_SEAT];

/// One object of each kind. Each follows the objects that it depends on.
pub(crate) const EVERYTHING: &[Block] = &[
    ADA,
    SERVER,
    SEAT,
    TOKEN,
    Block { address: "anaconda_token.server", user: Some(SERVER.address), ..SYNCED_TOKEN },
    ACCOUNT,
    Block { address: "anaconda_service_account.runner", ..PREFIXED },
    COURSE,
];

/// Users of [`COURSE`] as separate resources, after they have an account.
pub(crate) const ONBOARDED_AFTER_ALL: [Block; 6] = [
    KIM,
    Block { address: "anaconda_seat.kim", user: Some(KIM.address), ..SEAT },
    Block { address: "anaconda_token.kim", user: Some(KIM.address), ..TAKEN_OVER },
    LEE,
    Block { address: "anaconda_seat.lee", user: Some(LEE.address), ..SEAT },
    Block { address: "anaconda_token.lee", user: Some(LEE.address), ..TAKEN_OVER },
];
const KIM: Block = Block {
    address: "anaconda_user.kim",
    arguments: || json!({"email": "kim@example.com", "adopt_existing": true}),
    ..ADA
};
const LEE: Block = Block {
    address: "anaconda_user.lee",
    arguments: || json!({"email": "Lee@example.com", "adopt_existing": true}),
    ..ADA
};
const TAKEN_OVER: Block = Block {
    arguments: || json!({"sync_with_subscription": true, "revoke_existing": true}),
    ..TOKEN
};

/// Returns a short timeout, because the wait after a lost invitation always times out.
fn timeouts() -> Value {
    json!({"create": "2s"})
}

const PLAIN: Operation = Operation {
    title: "",
    endpoint: "",
    grant: None,
    guide: false,
    moment: Moment::Create,
    blocks: &[],
    changed: &[],
    careless: &[],
    order: Order::RemovalsFirst,
};

/// All operations. A test checks that every endpoint is included.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        title: "read a user and a seat",
        endpoint: "list_users",
        moment: Moment::Refresh,
        blocks: &[ADA, SEAT, TOKEN],
        ..PLAIN
    },
    Operation {
        title: "read a token",
        endpoint: "list_tokens",
        moment: Moment::Refresh,
        blocks: &[ADA, SEAT, FORCED_TOKEN],
        ..PLAIN
    },
    Operation {
        title: "read a service account",
        endpoint: "list_service_accounts",
        moment: Moment::Refresh,
        blocks: &[ACCOUNT],
        ..PLAIN
    },
    Operation {
        title: "read an onboarding",
        endpoint: "list_users",
        moment: Moment::Refresh,
        blocks: &[COURSE],
        ..PLAIN
    },
    Operation {
        title: "authenticate as the service account",
        endpoint: "sign_in",
        grant: Some("service_account"),
        blocks: &[ADA, SEAT, TOKEN],
        ..PLAIN
    },
    Operation {
        title: "authenticate as the admin",
        endpoint: "sign_in",
        grant: Some("admin"),
        blocks: &[ACCOUNT],
        ..PLAIN
    },
    Operation { title: "add a user", endpoint: "add_user", blocks: &[ADA, SEAT], ..PLAIN },
    Operation { title: "add a managed user", endpoint: "add_user", blocks: &[SERVER], ..PLAIN },
    Operation {
        title: "assign a seat",
        endpoint: "assign_seat",
        blocks: &[ADA, SEAT, TOKEN],
        ..PLAIN
    },
    Operation { title: "issue a token", endpoint: "create_token", blocks: &[ADA, TOKEN], ..PLAIN },
    Operation {
        title: "issue a token, `revoke_existing`",
        endpoint: "create_token",
        blocks: &[ADA, FORCED_TOKEN],
        ..PLAIN
    },
    Operation {
        title: "issue a synced token",
        endpoint: "create_token",
        blocks: &[ADA, SYNCED_TOKEN],
        ..PLAIN
    },
    Operation {
        title: "sync a new token",
        endpoint: "update_token",
        blocks: &[ADA, SYNCED_TOKEN],
        ..PLAIN
    },
    Operation {
        title: "change the expiration date of a token",
        endpoint: "update_token",
        moment: Moment::Change,
        blocks: &[ADA, TOKEN],
        changed: &[ADA, LONGER_TOKEN],
        ..PLAIN
    },
    Operation {
        title: "create a service account, `name`",
        endpoint: "create_service_account",
        blocks: &[ACCOUNT],
        ..PLAIN
    },
    Operation {
        title: "create a service account, `name_prefix`",
        endpoint: "create_service_account",
        blocks: &[PREFIXED],
        ..PLAIN
    },
    Operation { title: "onboard users", endpoint: "onboard_users", blocks: &[COURSE], ..PLAIN },
    Operation {
        title: "offboard an onboarded user",
        endpoint: "remove_user",
        moment: Moment::Change,
        blocks: &[COURSE],
        changed: &[SMALLER_COURSE],
        ..PLAIN
    },
    Operation {
        title: "revoke a token",
        endpoint: "revoke_token",
        moment: Moment::Destroy,
        blocks: &[ADA, SEAT, TOKEN],
        ..PLAIN
    },
    Operation {
        title: "revoke a token, legacy API",
        endpoint: "revoke_user_token",
        guide: true,
        moment: Moment::Destroy,
        blocks: &[ADA, SEAT, FORCED_TOKEN],
        ..PLAIN
    },
    Operation {
        title: "unassign a seat",
        endpoint: "remove_seat",
        moment: Moment::Destroy,
        blocks: &[ADA, SEAT, TOKEN],
        ..PLAIN
    },
    Operation {
        title: "remove a user",
        endpoint: "remove_user",
        moment: Moment::Destroy,
        blocks: &[ADA, SEAT, TOKEN],
        ..PLAIN
    },
    Operation {
        title: "delete a service account",
        endpoint: "delete_service_account",
        moment: Moment::Destroy,
        blocks: &[ACCOUNT],
        ..PLAIN
    },
    Operation {
        title: "rename before Terraform v1.3, removal first",
        endpoint: "add_user",
        moment: Moment::Change,
        blocks: BEFORE_RENAME,
        changed: AFTER_RENAME,
        order: Order::Unplanned,
        ..PLAIN
    },
    Operation {
        title: "rename before Terraform v1.3, adoption first",
        endpoint: "list_users",
        moment: Moment::Change,
        blocks: BEFORE_RENAME,
        changed: AFTER_RENAME,
        order: Order::UnplannedLast,
        ..PLAIN
    },
    Operation {
        title: "replace a token",
        endpoint: "create_token",
        moment: Moment::Change,
        blocks: &[ADA, KEPT_TOKEN],
        changed: &[ADA, ROTATED_TOKEN],
        ..PLAIN
    },
    Operation {
        title: "replace a token, `create_before_destroy`",
        endpoint: "create_token",
        moment: Moment::Change,
        blocks: &[ADA, KEPT_TOKEN],
        changed: &[ADA, ROTATED_TOKEN],
        order: Order::AdditionsFirst,
        ..PLAIN
    },
    Operation {
        title: "replace a service account, `create_before_destroy`",
        endpoint: "create_service_account",
        moment: Moment::Change,
        blocks: &[KEPT_ACCOUNT],
        changed: &[ROTATED_ACCOUNT],
        order: Order::AdditionsFirst,
        ..PLAIN
    },
    Operation {
        title: "two tokens of one user",
        endpoint: "create_token",
        blocks: &[ADA, FORCED_TOKEN],
        careless: &[ADA, FORCED_TOKEN, SECOND_TOKEN],
        ..PLAIN
    },
];

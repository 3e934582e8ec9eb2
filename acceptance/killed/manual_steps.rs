//! Configuration of the killed runs, and the manual steps of a user who follows the messages
//! exactly.

use crate::harness::Message;
use crate::hcl::{ADA, ADA_SEAT, resource};

/// Configuration with one resource of each type, changed by manual steps.
///
/// Each resource depends on the previous one, so that requests have the same order in each run.
#[derive(Clone, Debug, Default)]
pub(super) struct Configuration {
    /// The token sets `revoke_existing`.
    revoke_existing: bool,
    /// The user that could not be onboarded has separate resources instead of an onboarding.
    one_by_one: bool,
    /// Import blocks, as shown by messages.
    imports: Vec<String>,
    /// Value in the `keepers` of token and service account. A changed value rotates both.
    keepers: Option<u32>,
}

impl Configuration {
    /// Returns the default configuration with these keepers.
    pub(super) fn kept(keepers: u32) -> Self {
        Self { keepers: Some(keepers), ..Self::default() }
    }

    /// Returns the configuration as text.
    pub(super) fn text(&self) -> String {
        let end = "user_id = anaconda_seat.ada.user_id\nexpires_at = \"2090-01-31T00:00:00Z\"";
        let revoke = if self.revoke_existing { "\nrevoke_existing = true" } else { "" };
        let keepers = self.keepers.map(|at| format!("\nkeepers = {{ at = \"{at}\" }}"));
        let keepers = keepers.unwrap_or_default();
        let token = resource("token", "ada", &format!("{end}{revoke}{keepers}"));
        let account = format!("name = \"ci\"\ndepends_on = [anaconda_token.ada]{keepers}");
        let account = resource("service_account", "ci", &account);
        let kim = if self.one_by_one { one_by_one() } else { onboarding() };
        [ADA, ADA_SEAT, &token, &account, &kim, &self.imports.concat()].concat()
    }

    /// Does what a message tells the user to do, and returns a description of that step.
    ///
    /// Adds the arguments that the next command needs to `more`.
    pub(super) fn follow(&mut self, message: &Message, more: &mut Vec<String>) -> Option<String> {
        match message.summary.as_str() {
            "User already exists" => {
                self.imports.push(import_block(message)?);
                Some("add the `import` block of the message".to_owned())
            }
            "Service account already exists" => {
                self.imports.push(import_block(message)?);
                more.push(format!("-replace={}", message.address));
                let what = "add the `import` block of the message, and apply with `-replace`";
                Some(what.to_owned())
            }
            "Active token already exists" => {
                self.revoke_existing = true;
                Some("set `revoke_existing = true`".to_owned())
            }
            "Users unavailable for onboarding" => {
                self.one_by_one = true;
                Some("manage the users with `anaconda_user`".to_owned())
            }
            _ => None,
        }
    }
}

/// Returns an onboarding of one person. The timeout is short, because the person might never join.
fn onboarding() -> String {
    let arguments = "emails = [\"kim@example.com\"]\ntimeouts {\n  create = \"2s\"\n}\n\
                     depends_on = [anaconda_service_account.ci]";
    resource("onboarding", "course", arguments)
}

/// Returns separate resources for the same person, who already has an account.
fn one_by_one() -> String {
    let user = "email = \"kim@example.com\"\nadopt_existing = true";
    let seat = "user_id = anaconda_user.kim.id";
    let token = "user_id = anaconda_seat.kim.user_id\nsync_with_subscription = true\n\
                 revoke_existing = true";
    [resource("user", "kim", user), resource("seat", "kim", seat), resource("token", "kim", token)]
        .concat()
}

/// Returns the import block of a message, for the object that the message is about.
fn import_block(message: &Message) -> Option<String> {
    let (_, block) = message.detail.split_once("import {")?;
    let (inside, _) = block.split_once('}')?;
    let (kind, _) = message.address.split_once('.')?;
    let inside = inside.replace(&format!("{kind}.<NAME>"), &message.address);
    Some(format!("import {{{inside}}}\n"))
}

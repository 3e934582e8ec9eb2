//! The configuration, and what a person does with it who does just what messages say.

use crate::harness::Message;
use crate::hcl::{ADA, ADA_SEAT, resource};

/// One of everything, one behind the other so that requests come in the same order each time, or
/// what became of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Configuration {
    /// The token ends one that is there.
    revoke_existing: bool,
    /// Who could not be onboarded is managed by resources of their own.
    one_by_one: bool,
    /// Import blocks as messages show them.
    imports: Vec<String>,
    /// What the keepers of token and account hold: another value rotates them.
    keepers: Option<u32>,
}

impl Configuration {
    /// The same, with these keepers.
    pub(super) fn kept(keepers: u32) -> Self {
        Self { keepers: Some(keepers), ..Self::default() }
    }

    /// The text.
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

    /// Does what a message tells a person to do, and says what that was. Arguments that the next
    /// command needs are added to `more`.
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

/// A person who is invited. Nobody waits long for somebody who does not come.
fn onboarding() -> String {
    let arguments = "emails = [\"kim@example.com\"]\ntimeouts {\n  create = \"2s\"\n}\n\
                     depends_on = [anaconda_service_account.ci]";
    resource("onboarding", "course", arguments)
}

/// The same person, who has an account by now.
fn one_by_one() -> String {
    let user = "email = \"kim@example.com\"\nadopt_existing = true";
    let seat = "user_id = anaconda_user.kim.id";
    let token = "user_id = anaconda_seat.kim.user_id\nsync_with_subscription = true\n\
                 revoke_existing = true";
    [resource("user", "kim", user), resource("seat", "kim", seat), resource("token", "kim", token)]
        .concat()
}

/// The block that a message shows, for the object that the message is about.
fn import_block(message: &Message) -> Option<String> {
    let (_, block) = message.detail.split_once("import {")?;
    let (inside, _) = block.split_once('}')?;
    let (kind, _) = message.address.split_once('.')?;
    let inside = inside.replace(&format!("{kind}.<NAME>"), &message.address);
    Some(format!("import {{{inside}}}\n"))
}

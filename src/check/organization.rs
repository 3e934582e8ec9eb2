//! The content of the organization: users, seats, the tokens of one user, and service accounts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::contract::Endpoint;
use super::credentials::SignedIn;
use super::finding::{Finding, Part};
use super::shape::count;
use super::{Check, Facts, code, explained};
use crate::client::{Error, User, UserId, Users};

/// The maximum number of users whose tokens are listed until one has some.
const MAX_TOKEN_LISTS: usize = 3;

impl Check {
    pub(super) async fn organization(&mut self, facts: &Facts, signed_in: SignedIn) {
        if signed_in.service_account {
            self.output.begin("listing the users");
            match self.org.users().await {
                Ok(Some(users)) => {
                    self.listed(&users);
                    self.tokens(&users).await;
                }
                Ok(None) => self.unlisted().await,
                Err(error) => self.not_listed("users", error),
            }
            if self.report {
                // Only the shape of this response matters. A failure here is not a failure of the
                // provider.
                drop(self.org.users_with_groups().await);
            }
        }
        if signed_in.admin {
            self.service_accounts(facts).await;
        }
    }

    fn not_listed(&mut self, step: &'static str, error: Error) {
        let code = code(&error);
        let (text, advice) = explained(error);
        self.output.add(Finding::failed(Part::Organization, step, code, text).advise(advice));
    }

    /// Handles a deployment without a list of users.
    ///
    /// Every deployment can list service accounts, so this probes that path. The probe has no
    /// credentials, because the path requires those of an admin.
    async fn unlisted(&mut self) {
        if matches!(self.org.probe("service-accounts").await, Ok(404 | 405)) {
            let text = "no endpoint of the Anaconda API exists at this URL";
            let finding = Finding::failed(Part::Organization, "api", "no_api", text);
            self.output.add(finding.advise(
                "Check `base_url` (ANACONDA_BASE_URL), and `api_path`, which is `/api/v1` by default.",
            ));
            return;
        }
        let text = "legacy API: it cannot list users and tokens";
        self.output.add(
            Finding::remark(Part::Organization, "api", "legacy", text).with("form", "legacy").advise(
                "The provider works with it, but cannot detect changes outside of Terraform. If you \
                 expected the current API, check `base_url` and `api_path`.",
            ),
        );
    }

    fn listed(&mut self, users: &Users) {
        let part = Part::Organization;
        let api = Finding::ok(part, "api", "current API (v1): users and tokens can be listed");
        self.output.add(api.with("form", "v1"));
        let roles = counted(users.iter().map(|user| user.role.as_str().to_owned()));
        let managed = users.iter().filter(|user| user.looks_managed()).count();
        let total = count(users.len(), "user", "users");
        let text = format!("{total}: {}; managed users: {managed}", described(&roles));
        let mut finding = Finding::ok(part, "users", text);
        if !users.iter().any(User::is_admin) {
            let text = format!("{}; none of them is an admin", finding.text);
            finding = Finding::remark(part, "users", "no_admin", text).advise(
                "An organization has an admin, so the list is not complete. Check the permissions of the \
                 service account.",
            );
        }
        let finding = finding.with("users", users.len()).with("managed", managed);
        self.output.add(finding.with("roles", object(&roles)));

        let holders = users.iter().filter(|user| user.has_seat()).count();
        let products = counted(users.iter().flat_map(User::known_subscriptions));
        let mut text = format!("{} assigned", count(holders, "seat", "seats"));
        if !products.is_empty() {
            let _ = write!(text, "; subscriptions: {}", described(&products));
        }
        let finding = Finding::ok(part, "seats", text);
        self.output.add(finding.with("seats", holders).with("products", object(&products)));
    }

    async fn tokens(&mut self, users: &Users) {
        let part = Part::Organization;
        let chosen: Vec<_> = match &self.user {
            Some(wanted) => {
                let id = UserId::parse(wanted).ok();
                let found = users.iter().find(|user| {
                    Some(&user.id) == id.as_ref()
                        || user.email.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(wanted))
                });
                let Some(user) = found else {
                    let text = format!("user not found: \"{wanted}\"");
                    let finding = Finding::failed(part, "tokens", "no_such_user", text);
                    self.output.add(
                        finding.advise("Set `--user` to the ID or the email address of a member."),
                    );
                    return;
                };
                vec![user.clone()]
            }
            None => candidates(users),
        };
        if chosen.is_empty() {
            let text = "no user has a seat, so no tokens were listed";
            let finding = Finding::skipped(part, "tokens", text);
            self.output.add(finding.advise("To list the tokens of a user, set `--user <EMAIL>`."));
            return;
        }
        let mut last = None;
        for user in chosen {
            self.output.begin("listing the tokens of a user");
            match self.org.tokens(&user.id).await {
                Ok(Some(tokens)) => {
                    let revoked = tokens.iter().filter(|token| token.revoked).count();
                    let none = tokens.is_empty();
                    last = Some((user, tokens.len(), revoked));
                    if !none {
                        break;
                    }
                }
                Ok(None) => {
                    let text = "this deployment cannot list the tokens of a user";
                    let finding = Finding::remark(part, "tokens", "no_such_list", text);
                    self.output.add(finding.advise(
                        "The provider works with it, but cannot detect that a token was revoked.",
                    ));
                    return;
                }
                Err(error) => return self.not_listed("tokens", error),
            }
        }
        if let Some((user, count, revoked)) = last {
            let finding = self.told_tokens(&user, count, revoked);
            self.output.add(finding);
        }
    }

    fn told_tokens(&self, user: &User, tokens: usize, revoked: usize) -> Finding {
        let part = Part::Organization;
        let who = user.email.as_deref().unwrap_or_else(|| user.id.as_str());
        if tokens == 0 {
            return Finding::ok(part, "tokens", format!("{who} has no tokens"));
        }
        let seen = self.recorder.seen();
        let lists = seen.exchanges.get(&(Endpoint::Tokens, 200));
        let dates: Vec<_> = lists
            .map(|it| it.shape.formats_of("expires_at"))
            .unwrap_or_default()
            .into_iter()
            .map(|format| format.describe())
            .collect();
        let form = if dates.is_empty() {
            "no expiration dates".to_owned()
        } else {
            format!("form of expiration dates: {}", dates.join(" or "))
        };
        let total = count(tokens, "token", "tokens");
        let text = format!("{who} has {total}, {revoked} of them revoked; {form}");
        Finding::ok(part, "tokens", text).with("tokens", tokens).with("revoked", revoked)
    }

    async fn service_accounts(&mut self, facts: &Facts) {
        let (part, step) = (Part::Organization, "service_accounts");
        self.output.begin("listing the service accounts");
        let accounts = match self.org.service_accounts().await {
            Ok(accounts) => accounts,
            Err(Error::NoSuchListing { .. }) => {
                let text = "the service accounts cannot be listed";
                let finding = Finding::failed(part, step, "no_such_list", text);
                self.output.add(finding.advise(
                    "Every deployment has this list. Check `base_url` (ANACONDA_BASE_URL) and `api_path`.",
                ));
                return;
            }
            Err(error) => return self.not_listed(step, error),
        };
        let text = count(accounts.len(), "service account", "service accounts");
        let own = self.org.signed_in_client_id();
        let finding = match own.map(|own| accounts.iter().find(|it| it.client_id.as_str() == own)) {
            None => Finding::ok(part, step, text),
            Some(Some(account)) => Finding::ok(
                part,
                step,
                format!("{text}; \"{}\" is the configured one", account.name),
            ),
            Some(None) => {
                let text = format!("{text}; the configured one (`client_id`) is not among them");
                Finding::remark(part, step, "another_account", text).advise(
                    "Check that `client_id` and `admin_username` belong to the same organization.",
                )
            }
        };
        self.output.add(finding.with("service_accounts", accounts.len()));
        let other =
            accounts.iter().any(|it| Some(it.org_id.as_str()) != facts.organization.as_deref());
        if other {
            let text = "responses contain another ID of the organization than `organization_id`, which is \
                        supported";
            self.output.add(Finding::ok(part, "organization_id", text));
        }
    }
}

/// Returns the users who probably have tokens: those with a seat, people first.
fn candidates(users: &Users) -> Vec<User> {
    let with_seat = || users.iter().filter(|user| user.has_seat());
    let people = with_seat().filter(|user| !user.looks_managed());
    let managed = with_seat().filter(|user| user.looks_managed());
    people.chain(managed).take(MAX_TOKEN_LISTS).cloned().collect()
}

fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    words.fold(BTreeMap::new(), |mut counts, word| {
        *counts.entry(word).or_default() += 1;
        counts
    })
}

fn described(counts: &BTreeMap<String, usize>) -> String {
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn object(counts: &BTreeMap<String, usize>) -> Value {
    counts.iter().map(|(word, count)| (word.clone(), Value::from(*count))).collect()
}

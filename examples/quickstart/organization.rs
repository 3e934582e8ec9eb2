//! The organization in the sandbox, as a table.

use std::time::Duration;

use serde::Deserialize;

use crate::error::QuickstartError;

/// The part of `GET /_sandbox/state` that the table shows. It contains no secrets.
#[derive(Debug, Deserialize)]
pub(crate) struct Organization {
    seats: Seats,
    users: Vec<User>,
    service_accounts: Vec<ServiceAccount>,
}

#[derive(Debug, Deserialize)]
struct Seats {
    total: u64,
    used: u64,
}

#[derive(Debug, Deserialize)]
struct User {
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    role: String,
    managed: bool,
    seat: bool,
    tokens: Vec<Token>,
}

#[derive(Debug, Deserialize)]
struct Token {
    live: bool,
}

#[derive(Debug, Deserialize)]
struct ServiceAccount {
    name: String,
}

impl Organization {
    /// Reads the organization from the sandbox.
    pub(crate) async fn of(url: &str) -> Result<Self, QuickstartError> {
        let broken = |e: reqwest::Error| QuickstartError::Organization(e.to_string());
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
        let client = client.build().map_err(broken)?;
        let answer = client.get(format!("{url}/_sandbox/state")).send().await.map_err(broken)?;
        let text = answer.text().await.map_err(broken)?;
        serde_json::from_str(&text).map_err(|e| QuickstartError::Organization(e.to_string()))
    }

    /// Prints the table: admins, then people, then managed users.
    pub(crate) fn show(&self) {
        let mut users: Vec<_> = self.users.iter().collect();
        users.sort_by_key(|user| (user.role != "admin", user.managed, user.name()));
        println!("     {:<34} {:<8} {:<5} active tokens", "member", "role", "seat");
        for user in users {
            let live = user.tokens.iter().filter(|token| token.live).count();
            let seat = if user.seat { "yes" } else { "-" };
            println!("     {:<34} {:<8} {seat:<5} {live}", user.name(), user.role);
        }
        let accounts: Vec<_> = self.service_accounts.iter().map(|one| one.name.as_str()).collect();
        println!(
            "     {} of {} seats assigned; service accounts: {}\n",
            self.seats.used,
            self.seats.total,
            accounts.join(", ")
        );
    }
}

impl User {
    fn name(&self) -> String {
        let names = [&self.first_name, &self.last_name].into_iter().flatten();
        let names = names.map(String::as_str).collect::<Vec<_>>().join(" ");
        match &self.email {
            Some(email) if !self.managed => email.clone(),
            _ => format!("{names} (managed)"),
        }
    }
}

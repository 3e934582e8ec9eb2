//! `anaconda_seats`: who holds the seats, and how many are left.

use super::listed::members;
use crate::anaconda::Anaconda;
use crate::tf_provider::prelude::*;

/// The seats of the subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seats {
    assigned_count: Attr<usize>,
    user_ids: Attr<Vec<String>>,
    limit: Attr<u32>,
    available: Attr<i64>,
}

impl DataSource for Seats {
    const NAME: &'static str = "anaconda_seats";
    type Client = Anaconda;

    fn schema() -> Schema {
        Schema::new(
            "Who holds the seats of the subscription. How many were purchased is something that no \
             call reports: set `seat_limit` in the provider block to have `limit` and `available`.",
        )
        .attributes([
            computed("assigned_count", Type::Number, "How many seats are assigned."),
            computed("user_ids", Type::list(Type::String), "The UUIDs of the users who hold one, in order."),
            computed("limit", Type::Number, "The provider's `seat_limit`; null without it."),
            computed("available", Type::Number, "How many are left; null without `seat_limit`, below zero when more are assigned than it says."),
        ])
    }

    async fn read(cx: &mut Cx<Anaconda>, _: Self) -> Result<Self> {
        let users = members(cx).await?;
        let mut holders: Vec<String> =
            users.iter().filter(|user| user.has_seat()).map(|user| user.id.to_string()).collect();
        holders.sort();
        let limit = cx.client()?.seat_limit;
        let assigned = i64::try_from(holders.len()).unwrap_or(i64::MAX);
        Ok(Self {
            assigned_count: Attr::Known(holders.len()),
            user_ids: Attr::Known(holders),
            limit: limit.into(),
            available: limit.map(|limit| i64::from(limit).saturating_sub(assigned)).into(),
        })
    }
}

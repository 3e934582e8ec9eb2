//! `anaconda_seats`: the assigned seats, and the number of available seats.

use super::listed::members;
use crate::provider_data::ProviderData;
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
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Reads which users have a seat of the subscription. The API does not report the number of \
             purchased seats. Set `seat_limit` in the provider block to compute `limit` and `available`.",
        )
        .attributes([
            computed("assigned_count", Type::Number, "Number of assigned seats."),
            computed("user_ids", Type::list(Type::String), "UUIDs of the users with a seat, sorted."),
            computed("limit", Type::Number, "`seat_limit` of the provider. Null if `seat_limit` is not set."),
            computed("available", Type::Number, "Number of available seats: `seat_limit` minus `assigned_count`. Negative if more seats are assigned. Null if `seat_limit` is not set."),
        ])
    }

    async fn read(cx: &mut Context<ProviderData>, _: Self) -> Result<Self> {
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

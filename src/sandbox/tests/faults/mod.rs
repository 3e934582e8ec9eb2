//! Faults, as a client sees them and as the sandbox counts them.

mod answers;
mod connections;
mod raw;
mod rules;

use serde_json::{Value, json};

use super::Bench;

impl Bench {
    /// Adds a rule; its id.
    async fn rule(&self, rule: Value) -> u64 {
        let answer = self.own("POST", "faults", rule).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json["id"].as_u64().unwrap()
    }

    /// How many requests each rule matched and struck.
    async fn counts(&self) -> Vec<(u64, u64)> {
        let rules = self.own("GET", "faults", Value::Null).await.json;
        let count =
            |rule: &Value| (rule["matched"].as_u64().unwrap(), rule["struck"].as_u64().unwrap());
        rules.as_array().unwrap().iter().map(count).collect()
    }

    /// How many members there are besides the admin.
    async fn added(&self) -> usize {
        self.state().await["users"].as_array().unwrap().len() - 1
    }

    /// Status and fault of the newest request.
    async fn newest(&self) -> (Value, Value) {
        let requests = self.own("GET", "requests", Value::Null).await.json;
        let newest = requests.as_array().unwrap().last().unwrap();
        (newest["status"].clone(), newest["fault"].clone())
    }

    /// A request that adds a user, as its bytes.
    fn adding(&self, email: &str) -> Vec<u8> {
        let body = json!({"email": email}).to_string();
        format!(
            "POST /api/v1/organizations/sandbox/users HTTP/1.1\r\nhost: sandbox\r\n\
             authorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.account,
            body.len()
        )
        .into_bytes()
    }
}

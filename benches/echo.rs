//! The floor for calls: a provider with the same schemas that does no work. `cli.rs` compares with
//! it.
//!
//! It accepts and returns everything that Terraform sends. It decodes only the message, and does
//! not check or look up anything. `ECHO_SCHEMAS` is a file with the response to `GetSchema`.

#![expect(clippy::unwrap_used, clippy::exit, clippy::print_stdout, reason = "a measuring stick")]

#[path = "../tests/wire/proto.rs"]
mod proto;
#[path = "support/raw.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod raw;
#[path = "support/stub.rs"]
mod stub;

use prost::Message as _;
use prost::bytes::Bytes;
use proto::tfplugin5::{DynamicValue, plan_resource_change, read_resource, upgrade_resource_state};

fn main() {
    stub::run(answer);
}

fn answer(path: &str, message: Bytes) -> Vec<u8> {
    match path.trim_start_matches("/tfplugin5.Provider/") {
        "GetSchema" => std::fs::read(std::env::var_os("ECHO_SCHEMAS").unwrap()).unwrap(),
        "UpgradeResourceState" => {
            let stored = upgrade_resource_state::Request::decode(message).unwrap().raw_state;
            let json = stored.unwrap().json;
            let upgraded = Some(DynamicValue { json, ..Default::default() });
            upgrade_resource_state::Response { upgraded_state: upgraded, ..Default::default() }
                .encode_to_vec()
        }
        "ReadResource" => {
            let request = read_resource::Request::decode(message).unwrap();
            read_resource::Response {
                new_state: request.current_state,
                private: request.private,
                new_identity: request.current_identity,
                ..Default::default()
            }
            .encode_to_vec()
        }
        "PlanResourceChange" => {
            let request = plan_resource_change::Request::decode(message).unwrap();
            plan_resource_change::Response {
                planned_state: request.proposed_new_state,
                planned_private: request.prior_private,
                planned_identity: request.prior_identity,
                ..Default::default()
            }
            .encode_to_vec()
        }
        _ => Vec::new(),
    }
}

//! Measures what the provider does for one resource, over gRPC: `cargo bench --bench calls`.
//!
//! The benchmark runs with organizations of several sizes. Each member has a seat and a token. A
//! new provider process reads all objects, as for `terraform plan -refresh-only`. Then it validates
//! and plans all of them. The figures are the CPU time of the provider only, without this program
//! and the sandbox. The cost of one resource must not grow with the organization. To run another
//! provider binary alternately with this one, pass `-- --peer before=PATH`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program that prints figures, or fails"
)]

#[path = "../tests/wire/certificates.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "the tests need more of it")]
mod certificates;
#[path = "../tests/wire/connector.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "the tests need more of it")]
mod connector;
#[path = "support/organization.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod organization;
#[path = "support/peer.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod peer;
#[path = "support/process.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod process;
#[path = "../tests/wire/proto.rs"]
mod proto;
#[path = "support/raw.rs"]
mod raw;
#[path = "support/release.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod release;
#[path = "support/table.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod table;
#[path = "../tests/wire/values.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "the tests need more of it")]
mod values;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use certificates::Identity;
use organization::{END, Organization};
use peer::{Peer, Started};
use proto::tfplugin5::provider_client::ProviderClient;
use proto::tfplugin5::schema::Block;
use proto::tfplugin5::{
    DynamicValue, RawState, configure, get_provider_schema, plan_resource_change, read_resource,
    upgrade_resource_state, validate_resource_type_config,
};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use values::pack;

const SIZES: [usize; 3] = [100, 1000, 5000];
/// Number of requests that Terraform sends concurrently.
const PARALLELISM: usize = 10;

type Client = ProviderClient<Channel>;

/// Object with its encoded state and configuration.
struct Object {
    name: &'static str,
    stored: Vec<u8>,
    state: DynamicValue,
    config: DynamicValue,
}

/// Cost of one part of the work per object, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    wall: f64,
    cpu: f64,
}

#[tokio::main]
async fn main() {
    let peers = [vec![Peer::new("ours", &release::provider())], peer::named()].concat();
    let identity = Identity::new();
    let runs = table::argument("--runs", 3_usize);
    let mut rows = Vec::new();
    let mut costs = vec![Vec::new(); peers.len()];
    for size in SIZES {
        let mut all = vec![Vec::new(); peers.len()];
        for _ in 0..runs {
            for (peer, all) in peers.iter().zip(&mut all) {
                all.push(one_run(peer, &identity, size).await);
            }
        }
        for ((peer, all), costs) in peers.iter().zip(&all).zip(&mut costs) {
            let (row, refresh) = row(&peer.name, size, all);
            rows.push(row);
            costs.push(refresh);
        }
    }
    println!("\nMedians of {runs} runs, each with a new process; {}.", process::machine());
    println!("Microseconds for each resource: CPU time of the provider / elapsed time.\n");
    let head = [
        "provider",
        "members",
        "resources",
        "requests",
        "read user, seat",
        "read token",
        "refresh, CPU",
        "validate",
        "plan",
        "peak MB",
    ];
    table::print(&head, &rows);
    for (peer, costs) in peers.iter().zip(&costs) {
        let least = costs.iter().copied().fold(f64::NAN, f64::min);
        let ratio = table::max(costs) / least;
        println!(
            "{}: refresh of one resource, most to least expensive size: {ratio:.2}",
            peer.name
        );
    }
}

/// Result of one run of one provider: cost of each part, number of API requests, and peak memory.
type Run = ([Cost; 4], usize, f64);

/// Returns the row of a provider for one size, and the CPU time of the refresh of one resource.
fn row(name: &str, size: usize, all: &[Run]) -> (Vec<String>, f64) {
    let part = |at: usize, of: fn(&Cost) -> f64| {
        let figures: Vec<f64> = all.iter().map(|(parts, ..)| of(&parts[at])).collect();
        table::median(&figures)
    };
    let both = |at| format!("{:.0} / {:.0}", part(at, |it| it.cpu), part(at, |it| it.wall));
    let refresh = (2.0 * part(0, |it| it.cpu) + part(1, |it| it.cpu)) / 3.0;
    let row = vec![
        name.to_owned(),
        size.to_string(),
        (3 * size).to_string(),
        all[0].1.to_string(),
        both(0),
        both(1),
        format!("{refresh:.0}"),
        both(2),
        both(3),
        format!("{:.1}", all[0].2),
    ];
    (row, refresh)
}

/// Returns the cost of the parts, the number of API requests, and the peak memory.
async fn one_run(peer: &Peer, identity: &Identity, size: usize) -> Run {
    let (organization, members) = Organization::with(size).await;
    let (started, _) = peer.start(identity).await;
    let client = ProviderClient::new(started.channel.clone());
    let blocks = blocks(&client).await;
    let config = object(&blocks[""], &organization.provider_block());
    let request = configure::Request {
        terraform_version: "1.14.0".to_owned(),
        config: Some(pack(&config)),
        ..Default::default()
    };
    let configured = client.clone().configure(request).await.unwrap().into_inner();
    assert_eq!(configured.diagnostics, []);

    let mut people = Vec::new();
    let mut tokens = Vec::new();
    for member in &members {
        for (name, state) in member.states() {
            let given = match name {
                "anaconda_user" => json!({"email": member.email}),
                "anaconda_seat" => json!({"user_id": member.id}),
                _ => json!({"user_id": member.id, "expires_at": END}),
            };
            let made = Object {
                name,
                stored: state.to_string().into_bytes(),
                config: pack(&object(&blocks[name], &given)),
                state: pack(&state),
            };
            if name == "anaconda_token" { &mut tokens } else { &mut people }.push(Arc::new(made));
        }
    }
    organization.requests().await;
    let all: Vec<_> = people.iter().chain(&tokens).cloned().collect();
    let parts = [
        timed(&started, &people, refresh).await,
        timed(&started, &tokens, refresh).await,
        timed(&started, &all, validate).await,
        timed(&started, &all, plan).await,
    ];
    let (requests, peak) = (organization.requests().await, process::peak_mb(started.pid()));
    started.shutdown().await;
    (parts, requests, peak)
}

/// Runs `work` for all objects, with the concurrency of Terraform.
async fn timed<F>(
    started: &Started,
    objects: &[Arc<Object>],
    work: impl Fn(Client, Arc<Object>) -> F,
) -> Cost
where
    F: Future<Output = ()> + Send + 'static,
{
    let client = ProviderClient::new(started.channel.clone());
    let (cpu, begin) = (process::cpu_ms(started.pid()), Instant::now());
    let mut running = JoinSet::new();
    for object in objects {
        if running.len() == PARALLELISM {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(work(client.clone(), Arc::clone(object)));
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    let count = f64::from(u32::try_from(objects.len()).unwrap());
    let cpu = process::cpu_ms(started.pid()) - cpu;
    Cost { wall: peer::ms(begin) * 1e3 / count, cpu: cpu * 1e3 / count }
}

async fn refresh(mut client: Client, object: Arc<Object>) {
    let request = upgrade_resource_state::Request {
        type_name: object.name.to_owned(),
        version: 0,
        raw_state: Some(RawState { json: object.stored.clone(), ..Default::default() }),
    };
    let upgraded = client.upgrade_resource_state(request).await.unwrap().into_inner();
    assert!(upgraded.diagnostics.is_empty(), "{:?}", upgraded.diagnostics);
    let request = read_resource::Request {
        type_name: object.name.to_owned(),
        current_state: upgraded.upgraded_state,
        ..Default::default()
    };
    let read = client.read_resource(request).await.unwrap().into_inner();
    assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
    assert!(is_object(read.new_state.as_ref()), "{} is gone", object.name);
}

async fn validate(mut client: Client, object: Arc<Object>) {
    let request = validate_resource_type_config::Request {
        type_name: object.name.to_owned(),
        config: Some(object.config.clone()),
        ..Default::default()
    };
    let answer = client.validate_resource_type_config(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
}

async fn plan(mut client: Client, object: Arc<Object>) {
    let request = plan_resource_change::Request {
        type_name: object.name.to_owned(),
        prior_state: Some(object.state.clone()),
        proposed_new_state: Some(object.state.clone()),
        config: Some(object.config.clone()),
        ..Default::default()
    };
    let answer = client.plan_resource_change(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
    assert!(is_object(answer.planned_state.as_ref()), "{} is gone", object.name);
}

/// Reports whether a response contains an object. Tests check the values; an older version of the
/// provider encodes some of them in another way.
fn is_object(value: Option<&DynamicValue>) -> bool {
    value.is_some_and(|value| !matches!(value.msgpack.first(), None | Some(0xc0)))
}

/// Returns the blocks of all resources, and the provider block under the empty name.
async fn blocks(client: &Client) -> HashMap<String, Block> {
    let offer = client.clone().get_schema(get_provider_schema::Request {}).await.unwrap();
    let offer = offer.into_inner();
    let provider = (String::new(), offer.provider.unwrap());
    let schemas = offer.resource_schemas.into_iter().chain([provider]);
    schemas.map(|(name, schema)| (name, schema.block.unwrap())).collect()
}

/// Returns an object for a block. Missing attributes are null.
fn object(block: &Block, given: &Value) -> Value {
    let attributes = block.attributes.iter().map(|attribute| &attribute.name);
    let names = attributes.chain(block.block_types.iter().map(|inner| &inner.type_name));
    names.map(|name| (name.clone(), given[name].clone())).collect::<Map<_, _>>().into()
}

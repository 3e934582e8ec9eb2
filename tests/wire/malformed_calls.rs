//! Malformed calls, and calls of unsupported items: the response contains a diagnostic, and the
//! process continues.

use crate::harness::{Launch, Plugin};
use crate::proto::tfplugin5::{self as pb, DynamicValue, get_provider_schema};
use crate::session::errors;
use crate::terraform::{block, object, schemas};

/// Returns bytes that are not a valid value of any object. They must not stop the process.
fn malformed() -> Vec<Vec<u8>> {
    vec![
        vec![0xc1],                               // Reserved code.
        vec![0x81],                               // Map without its entry.
        vec![0xdf, 0xff, 0xff, 0xff, 0xff],       // Map of four billion entries.
        vec![0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0], // List of four billion items.
        vec![0xc9, 0xff, 0xff, 0xff, 0xff, 0],    // Extension of four billion bytes.
        vec![0x80],                               // Object without its attributes.
        vec![0x81, 0xa1, b'x', 0xc0],             // Object with an unknown attribute.
        vec![0x81, 0xa1, 0xff, 0xc0],             // Name that is not UTF-8.
        vec![0x81, 0xc0, 0xc0],                   // Name that is not text.
        vec![0xc3],                               // Not an object.
        vec![0xc0, 0xc0],                         // Extra byte after the value.
        vec![0x91; 100_000],                      // Deeply nested.
    ]
}

fn value(bytes: &[u8]) -> DynamicValue {
    DynamicValue { msgpack: bytes.to_vec(), json: Vec::new() }
}

/// Sends a request. Returns the diagnostics of the response.
macro_rules! told {
    ($client:ident.$call:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        let mut request = pb::$call::Request::default();
        $(request.$field = $value.into();)*
        let answer = $client.$call(request).await;
        answer.unwrap_or_else(|e| panic!("{}: {e}", stringify!($call))).into_inner().diagnostics
    }};
}

#[tokio::test]
async fn malformed_values_are_rejected_by_every_call() {
    let plugin = Plugin::start().await;
    let mut client = plugin.client().await;
    // A field that the request omits reads as null.
    for bytes in malformed() {
        let bad = || value(&bytes);
        let mut all = vec![
            ("prepare", told!(client.prepare_provider_config { config: bad() })),
            ("configure", told!(client.configure { config: bad() })),
        ];
        for name in schemas().await.resource_schemas.keys() {
            let name = name.as_str();
            all.extend([
                (
                    "validate",
                    told!(client.validate_resource_type_config { type_name: name, config: bad() }),
                ),
                (
                    "read",
                    told!(client.read_resource { type_name: name, current_state: bad() }),
                ),
                (
                    "prior",
                    told!(client.plan_resource_change { type_name: name, prior_state: bad() }),
                ),
                (
                    "proposed",
                    told!(client.plan_resource_change { type_name: name, proposed_new_state: bad() }),
                ),
                (
                    "config",
                    told!(client.plan_resource_change { type_name: name, config: bad() }),
                ),
                (
                    "apply prior",
                    told!(client.apply_resource_change { type_name: name, prior_state: bad() }),
                ),
                (
                    "apply planned",
                    told!(client.apply_resource_change { type_name: name, planned_state: bad() }),
                ),
            ]);
        }
        for name in schemas().await.data_source_schemas.keys() {
            all.extend([
                (
                    "validate data",
                    told!(client.validate_data_source_config { type_name: name, config: bad() }),
                ),
                ("read data", told!(client.read_data_source { type_name: name, config: bad() })),
            ]);
        }
        for name in schemas().await.ephemeral_resource_schemas.keys() {
            all.extend([
                (
                    "validate ephemeral",
                    told!(client.validate_ephemeral_resource_config { type_name: name, config: bad() }),
                ),
                ("open", told!(client.open_ephemeral_resource { type_name: name, config: bad() })),
            ]);
        }
        for name in schemas().await.list_resource_schemas.keys() {
            all.push((
                "validate list",
                told!(client.validate_list_resource_config { type_name: name, config: bad() }),
            ));
        }
        for name in schemas().await.action_schemas.keys() {
            all.extend([
                (
                    "validate action",
                    told!(client.validate_action_config { type_name: name, config: bad() }),
                ),
                ("plan action", told!(client.plan_action { action_type: name, config: bad() })),
            ]);
        }
        for (call, diagnostics) in all {
            let start = &bytes[..bytes.len().min(8)];
            assert_eq!(errors(&diagnostics).len(), 1, "{call} of {start:x?}: {diagnostics:?}");
        }
    }
    client.get_schema(get_provider_schema::Request {}).await.unwrap();
}

#[tokio::test]
async fn missing_values_never_crash_plugin_process() {
    let plugin = Plugin::start().await;
    let mut client = plugin.client().await;
    for name in schemas().await.resource_schemas.keys() {
        let name = name.as_str();
        // Terraform never sends these calls. The provider must only respond to each of them.
        drop(told!(client.validate_resource_type_config { type_name: name }));
        drop(told!(client.read_resource { type_name: name }));
        drop(told!(client.plan_resource_change { type_name: name }));
        drop(told!(client.apply_resource_change { type_name: name }));
        drop(told!(client.import_resource_state { type_name: name }));
        let told = told!(client.upgrade_resource_state { type_name: name });
        assert_eq!(errors(&told).len(), 1);
    }
    for name in schemas().await.data_source_schemas.keys() {
        drop(told!(client.validate_data_source_config { type_name: name }));
        assert_eq!(errors(&told!(client.read_data_source { type_name: name })).len(), 1, "{name}");
    }
    for name in schemas().await.ephemeral_resource_schemas.keys() {
        drop(told!(client.validate_ephemeral_resource_config { type_name: name }));
        let told = told!(client.open_ephemeral_resource { type_name: name });
        assert_eq!(errors(&told).len(), 1, "{name}");
    }
    for name in schemas().await.list_resource_schemas.keys() {
        drop(told!(client.validate_list_resource_config { type_name: name }));
    }
    for name in schemas().await.action_schemas.keys() {
        drop(told!(client.validate_action_config { type_name: name }));
        drop(told!(client.plan_action { action_type: name }));
    }
    client.get_schema(get_provider_schema::Request {}).await.unwrap();
}

#[tokio::test]
async fn unknown_type_is_named_by_every_call() {
    let plugin = Plugin::start().await;
    let mut client = plugin.client().await;
    let name = "anaconda_snake";
    let all = [
        told!(client.validate_resource_type_config { type_name: name }),
        told!(client.upgrade_resource_state { type_name: name }),
        told!(client.upgrade_resource_identity { type_name: name }),
        told!(client.read_resource { type_name: name }),
        told!(client.plan_resource_change { type_name: name }),
        told!(client.apply_resource_change { type_name: name }),
        told!(client.import_resource_state { type_name: name }),
        told!(client.generate_resource_config { type_name: name }),
        told!(client.move_resource_state { source_type_name: "null_resource", target_type_name: name }),
        told!(client.validate_data_source_config { type_name: name }),
        told!(client.read_data_source { type_name: name }),
        told!(client.validate_ephemeral_resource_config { type_name: name }),
        told!(client.open_ephemeral_resource { type_name: name }),
        told!(client.renew_ephemeral_resource { type_name: name }),
        told!(client.close_ephemeral_resource { type_name: name }),
        told!(client.validate_list_resource_config { type_name: name }),
        told!(client.validate_action_config { type_name: name }),
        told!(client.plan_action { action_type: name }),
    ];
    for (call, diagnostics) in all.iter().enumerate() {
        let told = errors(diagnostics);
        assert!(told.len() == 1 && told[0].detail.contains(name), "call {call}: {diagnostics:?}");
    }
}

#[tokio::test]
async fn streams_of_unknown_types_end_with_error() {
    let plugin = Plugin::start().await;
    let mut client = plugin.client().await;
    let request = pb::list_resource::Request {
        type_name: "anaconda_snake".to_owned(),
        limit: 1,
        ..Default::default()
    };
    let mut listed = client.list_resource(request).await.unwrap().into_inner();
    let event = listed.message().await.unwrap().unwrap();
    assert!(errors(&event.diagnostic)[0].detail.contains("anaconda_snake"));
    assert_eq!(listed.message().await.unwrap(), None);

    let request = pb::invoke_action::Request {
        action_type: "anaconda_snake".to_owned(),
        ..Default::default()
    };
    let mut events = client.invoke_action(request).await.unwrap().into_inner();
    let event = events.message().await.unwrap().unwrap();
    // An event without a type would crash Terraform. A stream without a completed event would mean
    // success.
    let Some(pb::invoke_action::event::Type::Completed(end)) = event.r#type else {
        panic!("{event:?}")
    };
    assert!(errors(&end.diagnostics)[0].detail.contains("anaconda_snake"));
    assert_eq!(events.message().await.unwrap(), None);

    let request = pb::call_function::Request { name: "hiss".to_owned(), ..Default::default() };
    let answer = client.call_function(request).await.unwrap().into_inner();
    assert!(answer.result.is_none() && answer.error.unwrap().text.contains("hiss"));
}

#[tokio::test]
async fn move_from_other_type_is_rejected() {
    let plugin = Plugin::start().await;
    let mut client = plugin.client().await;
    let told = told!(client.move_resource_state { source_provider_address: "registry.terraform.io/hashicorp/null", source_type_name: "null_resource", target_type_name: "anaconda_user" });
    assert_eq!(errors(&told).len(), 1);
}

#[tokio::test]
async fn json_value_is_read_without_msgpack() {
    let plugin = Launch::without_tls().start().await;
    let mut client = plugin.client().await;
    let config = |id: &str| {
        let json = serde_json::json!({"user_id": id});
        let json = serde_json::to_vec(&json).unwrap();
        Some(DynamicValue { msgpack: Vec::new(), json })
    };
    let whole = object(block("anaconda_seat").await, &serde_json::json!({"user_id": "x"}));
    let json = Some(DynamicValue { msgpack: Vec::new(), json: whole.to_string().into_bytes() });
    for sent in [config("x"), json] {
        let told = told!(client.validate_resource_type_config { type_name: "anaconda_seat", config: sent });
        assert!(errors(&told)[0].detail.contains("\"x\" is not a valid user ID"), "{told:?}");
    }
}

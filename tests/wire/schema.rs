//! The schemas of the provider.

use std::collections::BTreeSet;

use prost::Message as _;

use crate::harness::Plugin;
use crate::proto::tfplugin5::{
    Schema, get_functions, get_metadata, get_provider_schema, get_resource_identity_schemas,
};
use crate::raw;
use crate::schema_rules::faults;

async fn offer() -> get_provider_schema::Response {
    let plugin = Plugin::start().await;
    let request = get_provider_schema::Request {};
    plugin.client().await.get_schema(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn every_schema_follows_terraform_rules() {
    let offer = offer().await;
    assert_eq!(offer.diagnostics, []);
    assert_eq!(faults(&offer), Vec::<String>::new());
    assert!(offer.provider_meta.is_none());
}

#[tokio::test]
async fn schema_checker_finds_each_violation() {
    type Spoil = fn(&mut Schema);
    let good = offer().await;
    let spoilers: [(&str, Spoil); 8] = [
        ("no block", |s| s.block = None),
        ("negative version", |s| s.version = -1),
        ("no description", |s| s.block.as_mut().unwrap().description.clear()),
        ("no type", |s| s.block.as_mut().unwrap().attributes[0].r#type = b"\"text\"".to_vec()),
        ("neither or both", |s| s.block.as_mut().unwrap().attributes[0].required ^= true),
        ("there twice", |s| {
            let block = s.block.as_mut().unwrap();
            let again = block.attributes[0].clone();
            block.attributes.push(again);
        }),
        ("a name that", |s| s.block.as_mut().unwrap().attributes[0].name = "Id".to_owned()),
        ("cannot be write-only", |s| s.block.as_mut().unwrap().attributes[0].write_only = true),
    ];
    for (fault, spoil) in spoilers {
        let mut bad = good.clone();
        // The first attribute of a user is computed.
        spoil(bad.resource_schemas.get_mut("anaconda_user").unwrap());
        let found = faults(&bad);
        assert!(found.iter().any(|line| line.contains(fault)), "{fault}: {found:?}");
    }
}

#[tokio::test]
async fn schema_bytes_are_equal_across_processes() {
    let path = "/tfplugin5.Provider/GetSchema";
    let (one, two) = (Plugin::start().await, Plugin::start().await);
    let first = raw::call(one.channel().await, path, Vec::new()).await.unwrap();
    assert!(first.len() > 1000);
    for _ in 0..3 {
        let again = raw::call(two.channel().await, path, Vec::new()).await.unwrap();
        assert!(first == again, "the order of something in the answer is left to chance");
    }
    get_provider_schema::Response::decode(first.as_slice()).unwrap();
}

#[tokio::test]
async fn metadata_lists_all_described_types() {
    let schemas = offer().await;
    let plugin = Plugin::start().await;
    let request = get_metadata::Request {};
    let listed = plugin.client().await.get_metadata(request).await.unwrap().into_inner();
    assert_eq!(listed.diagnostics, []);
    assert_eq!(listed.server_capabilities, schemas.server_capabilities);
    let described: BTreeSet<_> = schemas.resource_schemas.keys().collect();
    assert_eq!(listed.resources.iter().map(|r| &r.type_name).collect::<BTreeSet<_>>(), described);
    let described: BTreeSet<_> = schemas.data_source_schemas.keys().collect();
    let names = listed.data_sources.iter().map(|d| &d.type_name);
    assert_eq!(names.collect::<BTreeSet<_>>(), described);
    let described: BTreeSet<_> = schemas.ephemeral_resource_schemas.keys().collect();
    let names = listed.ephemeral_resources.iter().map(|e| &e.type_name);
    assert_eq!(names.collect::<BTreeSet<_>>(), described);
    let described: BTreeSet<_> = schemas.list_resource_schemas.keys().collect();
    let names = listed.list_resources.iter().map(|l| &l.type_name);
    assert_eq!(names.collect::<BTreeSet<_>>(), described);
    let described: BTreeSet<_> = schemas.action_schemas.keys().collect();
    assert_eq!(listed.actions.iter().map(|a| &a.type_name).collect::<BTreeSet<_>>(), described);
    let described: BTreeSet<_> = schemas.functions.keys().collect();
    assert_eq!(listed.functions.iter().map(|f| &f.name).collect::<BTreeSet<_>>(), described);
}

#[tokio::test]
async fn server_capabilities_match_implemented_calls() {
    let offer = offer().await;
    let can = offer.server_capabilities.unwrap();
    assert!(can.plan_destroy && can.get_provider_schema_optional);
    let plugin = Plugin::start().await;
    let mut client = plugin.client().await;
    let identities = client
        .get_resource_identity_schemas(get_resource_identity_schemas::Request {})
        .await
        .unwrap()
        .into_inner();
    // An error in this response makes the whole provider unusable.
    assert_eq!(identities.diagnostics, []);
    for (name, identity) in &identities.identity_schemas {
        assert!(offer.resource_schemas.contains_key(name), "{name}");
        for attribute in &identity.identity_attributes {
            assert_ne!(attribute.required_for_import, attribute.optional_for_import, "{name}");
        }
    }
    let functions = client.get_functions(get_functions::Request {}).await.unwrap().into_inner();
    assert_eq!(functions.diagnostics, []);
    assert!(functions.functions.keys().eq(offer.functions.keys()));
}

#[tokio::test]
async fn secret_attributes_are_sensitive_in_schema() {
    let offer = offer().await;
    let schemas = offer.resource_schemas.values().chain(&offer.provider);
    let attributes = schemas.flat_map(|schema| &schema.block.as_ref().unwrap().attributes);
    let (mut secret, mut plain) = (0, 0);
    for attribute in attributes {
        let name = attribute.name.as_str();
        let expected =
            ["client_secret", "admin_password", "token", "client_key_pem", "extra_headers"]
                .contains(&name)
                || name.ends_with("access_token");
        assert_eq!(attribute.sensitive, expected, "{name}");
        *(if expected { &mut secret } else { &mut plain }) += 1;
    }
    assert!(secret >= 6 && plain > 20, "{secret} {plain}");
}

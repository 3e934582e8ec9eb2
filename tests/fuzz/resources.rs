//! Fuzz tests of user input: import IDs, and every argument with a check.

use std::panic::AssertUnwindSafe;

use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use crate::client::{Credentials, Org, Settings};
use crate::fuzz::Bytes;
use crate::provider::provider;
use crate::provider_data::{Clock, ProviderData};
use crate::sandbox::{Options, Sandbox};
use crate::tf_provider::catalog::{Entry, Kind};
use crate::tf_provider::context::Context;

/// Returns the provider data for the organization of a sandbox.
fn organization(sandbox: &Sandbox) -> ProviderData {
    let all = Options::default();
    let pair = |id: &str, secret: &str| {
        Ok(Credentials::Secret { id: id.to_owned(), secret: secret.to_owned().into() })
    };
    let settings = Settings {
        base_url: sandbox.url().parse().unwrap(),
        api_path: "/api/v1".to_owned(),
        token_path: "/api/iam/token".to_owned(),
        organization: Ok(all.organization.parse().unwrap()),
        service_account: pair(&all.client_id, &all.client_secret),
        admin: pair(&all.admin_username, &all.admin_password),
        max_retries: 0,
        request_timeout: std::time::Duration::from_secs(20),
        max_concurrent_requests: 4,
        proxy_url: None,
        ca_cert_pem: None,
        identity: None,
        extra_headers: Vec::new(),
        user_agent: "test".to_owned(),
    };
    ProviderData::new(Org::new(settings).unwrap(), Clock::default(), "1.15.0")
}

#[test]
fn every_unknown_import_id_is_rejected() {
    let provider = provider();
    let catalog = provider.catalog();
    let is_resource = |it: &Entry<'_>| it.kind == Kind::Resource;
    let resources: Vec<_> = catalog.into_iter().filter(is_resource).map(|it| it.name).collect();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(Options::default())).unwrap();
    let surroundings = AssertUnwindSafe((organization(&sandbox), provider, runtime));
    let mine = Options::default();
    bolero::check!().with_iterations(300).for_each(|input: &[u8]| {
        let (anaconda, provider, runtime) = &*surroundings;
        // Valid and invalid parts of IDs.
        let mut bytes = Bytes(input);
        let mut id = String::new();
        while !bytes.0.is_empty() {
            match bytes.below(8) {
                0 => id.push('/'),
                1 => id.push_str("name/"),
                2 => id.push_str("0f1e2d3c-4b5a-4697-8877-665544332211"),
                3 => id.push_str("../"),
                4 => id.push_str("%2f"),
                5 => id.push_str("@example.com"),
                _ => id.push_str(&bytes.text()),
            }
        }
        if id.to_lowercase().contains(&mine.client_id.to_lowercase()) {
            return;
        }
        for resource in &resources {
            let mut cx = Context::new(Some(anaconda), CancellationToken::new());
            let imported = runtime.block_on(provider.import(&mut cx, resource, &id));
            let told = imported.err();
            let told = told.unwrap_or_else(|| panic!("{resource} {id:?} was found"));
            assert!(told.iter().next().is_some(), "{id:?}");
        }
    });
}

#[test]
fn every_argument_is_accepted_or_rejected_with_reason() {
    let provider = provider();
    let catalog = AssertUnwindSafe(provider.catalog());
    // The arguments include durations, dates, email addresses, IDs, names, hours, and months.
    bolero::check!().with_iterations(5000).for_each(|input: &[u8]| {
        for entry in &*catalog {
            let schema = entry.schema;
            let blocks = schema.blocks.iter().flat_map(|block| &block.attributes);
            for attribute in schema.attributes.iter().chain(blocks) {
                let mut bytes = Bytes(input);
                let one = bytes.value(&attribute.kind, false);
                let other = bytes.value(&attribute.kind, false);
                for value in [&one, &other] {
                    for check in &attribute.checks {
                        if let Err(reason) = check(value) {
                            assert!(!reason.is_empty(), "{}", attribute.name);
                        }
                    }
                }
                let same = attribute.means_the_same(&one, &other);
                assert_eq!(same, attribute.means_the_same(&other, &one), "{}", attribute.name);
                assert!(attribute.means_the_same(&one, &one), "{}", attribute.name);
            }
        }
    });
}

//! What users write: import ids, and every argument that is checked.

use std::panic::AssertUnwindSafe;

use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::anaconda::{Anaconda, Clock};
use crate::client::{Org, Settings, SignIn};
use crate::fuzz::Bytes;
use crate::sandbox::{Options, Sandbox};
use crate::tf_provider::cx::Cx;
use crate::tf_provider::resource::Resource;
use crate::tf_provider::schema::Schema;

/// An organization in a sandbox.
fn organization(sandbox: &Sandbox) -> Anaconda {
    let all = Options::default();
    let pair = |id: &str, secret: &str| {
        Ok(SignIn::Pair { id: id.to_owned(), secret: secret.to_owned().into() })
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
        user_agent: "test".to_owned(),
    };
    Anaconda::new(Org::new(settings).unwrap(), Clock::default(), None)
}

#[test]
fn no_import_id_finds_what_is_not_there() {
    async fn import<R: Resource<Client = Anaconda>>(anaconda: &Anaconda, id: &str) {
        let mut cx = Cx::new(Some(anaconda), CancellationToken::new());
        let told = R::import(&mut cx, id).await.err();
        let told = told.unwrap_or_else(|| panic!("{} {id:?} was found", R::NAME));
        assert!(told.iter().next().is_some(), "{id:?}");
    }
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(Options::default())).unwrap();
    let surroundings = AssertUnwindSafe((organization(&sandbox), runtime));
    let mine = Options::default();
    bolero::check!().with_iterations(300).for_each(|input: &[u8]| {
        let (anaconda, runtime) = &*surroundings;
        // Pieces of ids that are right, and pieces that are not.
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
        runtime.block_on(async {
            import::<Onboarding>(anaconda, &id).await;
            import::<Seat>(anaconda, &id).await;
            import::<ServiceAccount>(anaconda, &id).await;
            import::<User>(anaconda, &id).await;
            import::<Token>(anaconda, &id).await;
        });
    });
}

#[test]
fn every_argument_is_accepted_or_refused_with_a_reason() {
    fn schemas() -> [Schema; 5] {
        [
            Onboarding::schema(),
            Seat::schema(),
            ServiceAccount::schema(),
            Token::schema(),
            User::schema(),
        ]
    }
    let schemas = schemas();
    // Durations, dates, addresses, ids, names, hours and months are all among them.
    bolero::check!().with_iterations(5000).for_each(|input: &[u8]| {
        for schema in &schemas {
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

//! States that another version of the provider has written.

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::World;
use crate::hcl::{ADA, ADA_SEAT, SEAT, TOKEN, USER, resource};

on_clis! {
    each_series: [],
    oldest_and_newest: [
        a_state_of_the_first_version_is_read_as_it_is,
        a_state_of_a_newer_provider_is_refused_and_stays,
        an_identity_of_a_newer_provider_is_refused_and_stays needs [IDENTITY],
    ],
}

const END: &str = "expires_at = \"2040-01-01T00:00:00Z\"";

async fn a_state_of_a_newer_provider_is_refused_and_stays(cli: Cli) {
    let mut w = World::new(&cli).await;
    w.apply(ADA).await;
    w.edit_stored("anaconda_user", |user| user["schema_version"] = 99.into());
    let before = w.read("terraform.tfstate");
    w.sandbox().forget_requests().await;
    let refusal = w.command_err(&["apply", "-auto-approve"]).await;
    assert!(refusal.contains("newer provider version"), "{refusal}");
    assert!(refusal.contains(USER), "{refusal}");
    assert_eq!(w.read("terraform.tfstate"), before);
    w.assert_nothing_written().await;
    w.edit_stored("anaconda_user", |user| user["schema_version"] = 0.into());
    w.destroy().await;
}

async fn a_state_of_the_first_version_is_read_as_it_is(cli: Cli) {
    let mut w = World::new(&cli).await;
    let token = resource("token", "ada", &format!("user_id = anaconda_seat.ada.user_id\n{END}"));
    w.apply(&[ADA, ADA_SEAT, &token].concat()).await;
    let before = [USER, SEAT, TOKEN].map(|address| w.state(address));
    for kind in ["anaconda_user", "anaconda_seat", "anaconda_token"] {
        w.edit_stored(kind, |object| {
            assert_eq!(object["schema_version"], 0, "{kind}");
            // What an early version knew and this one does not.
            object["attributes"]["an_attribute_of_old"] = "gone".into();
            // What an early version did not know yet.
            object.as_object_mut().unwrap().remove("identity");
            object.as_object_mut().unwrap().remove("identity_schema_version");
        });
    }
    w.assert_settled().await;
    w.refresh().await;
    assert_eq!([USER, SEAT, TOKEN].map(|address| w.state(address)), before);
    w.destroy().await;
}

async fn an_identity_of_a_newer_provider_is_refused_and_stays(cli: Cli) {
    let mut w = World::new(&cli).await;
    w.apply(ADA).await;
    w.edit_stored("anaconda_user", |user| user["identity_schema_version"] = 99.into());
    let refusal = w.command_err(&["plan"]).await;
    assert!(refusal.contains("newer"), "{refusal}");
    w.edit_stored("anaconda_user", |user| user["identity_schema_version"] = 0.into());
    w.destroy().await;
}

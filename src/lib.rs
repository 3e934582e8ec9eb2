//! Terraform provider for an Anaconda organization: users, seats, tokens, and service accounts.
//!
//! The binary `terraform-provider-anaconda` is a plugin: Terraform starts it, calls it over gRPC,
//! and stops it. It calls [`tf_provider::run`] with [`provider::provider`], which lists all
//! resources, data sources, and functions. The binary `anaconda-sandbox` runs [`sandbox`], a
//! simulator of the API.
//!
//! # The layers
//!
//! From top to bottom. Imports point downward:
//!
//! - [`check`]: the command that checks settings and credentials.
//! - [`provider`]: the provider block, and the list of all types.
//! - [`resources`], [`data_sources`], [`ephemeral`], [`lists`], [`actions`], [`functions`]: one
//!   file for each type.
//! - [`provider_data`]: data that all types share: the organization, the clock, and the plans of a
//!   run.
//! - [`client`]: HTTP client of the Anaconda API. Does not depend on Terraform.
//! - [`tf_provider`]: Terraform's plugin protocol. Does not depend on Anaconda.
//! - [`secret`]: text that must not be printed.
//!
//! [`sandbox`] shares no code with the other layers, so that tests against it detect their
//! mistakes.
//!
//! `ARCHITECTURE.md` follows one apply through the files, and `CONTRIBUTING.md` adds a resource.
//!
//! # A complete provider
//!
//! This provider manages a resource without calling a service. The struct models the state: one
//! field for each attribute, an [`Attr`](tf_provider::Attr) if the value can be null or unknown.
//! The schema declares what a plan does with each attribute; the methods implement create, read,
//! update, and delete.
//!
//! ```
//! use terraform_provider_anaconda::tf_provider::context::Client;
//! use terraform_provider_anaconda::tf_provider::prelude::*;
//! use terraform_provider_anaconda::tf_provider::provider::Provider;
//! use tokio_util::sync::CancellationToken;
//!
//! /// Client of the provider. This example connects to no service.
//! #[derive(Clone)]
//! struct Nowhere;
//!
//! impl Client for Nowhere {
//!     fn with_cancellation(&self, _: CancellationToken) -> Self {
//!         self.clone()
//!     }
//! }
//!
//! /// Text with the number of its letters.
//! #[derive(Serialize, Deserialize)]
//! struct Note {
//!     text: String,
//!     letters: Attr<u32>,
//! }
//!
//! impl Resource for Note {
//!     const NAME: &'static str = "demo_note";
//!     type Client = Nowhere;
//!
//!     fn schema() -> Schema {
//!         Schema::new("Counts the letters of a text.").attributes([
//!             required("text", Type::String, "The text. Changing this forces a new note.")
//!                 .requires_replace(),
//!             computed("letters", Type::Number, "Number of letters in the text.")
//!                 .use_state_for_unknown(),
//!         ])
//!     }
//!
//!     /// Returns known planned values unchanged, and fills in unknown ones.
//!     async fn create(_: &mut Context<Nowhere>, plan: Self) -> Result<Self> {
//!         let letters = u32::try_from(plan.text.chars().count()).map_err(|_| {
//!             Diagnostic::error("Too long", "Use a text of fewer letters.").at("text")
//!         })?;
//!         Ok(Self { letters: Attr::Known(letters), ..plan })
//!     }
//!
//!     /// `None` would mean that the object no longer exists.
//!     async fn read(_: &mut Context<Nowhere>, state: Self) -> Result<Option<Self>> {
//!         Ok(Some(state))
//!     }
//!
//!     async fn update(_: &mut Context<Nowhere>, plan: Self, _: Self) -> Result<Self> {
//!         Ok(plan)
//!     }
//!
//!     async fn delete(_: &mut Context<Nowhere>, _: Self) -> Result<()> {
//!         Ok(())
//!     }
//!
//!     async fn import(cx: &mut Context<Nowhere>, id: &str) -> Result<Self> {
//!         Self::create(cx, Self { text: id.to_owned(), letters: Attr::Unknown }).await
//!     }
//! }
//!
//! /// `main` would only call `tf_provider::run(&ABOUT, provider)`.
//! fn provider() -> Provider<Nowhere> {
//!     Provider::new(Schema::new("Keeps notes."), |_, _| Ok(Nowhere)).resource::<Note>()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # let _ = provider();
//! let mut cx = Context::new(Some(&Nowhere), CancellationToken::new());
//! let note = Note { text: "Hello".to_owned(), letters: Attr::Unknown };
//! let note = Note::create(&mut cx, note).await.unwrap();
//! assert_eq!(note.letters, Attr::Known(5));
//! # }
//! ```
pub mod actions;
pub mod check;
pub mod client;
pub mod data_sources;
pub mod ephemeral;
mod filters;
pub mod functions;
pub mod lists;
pub mod provider;
pub mod provider_data;
pub mod resources;
pub mod sandbox;
pub mod secret;
pub mod tf_provider;

#[cfg(test)]
#[path = "../tests/fuzz/bytes.rs"]
mod fuzz;
#[cfg(test)]
mod layers;

//! Terraform provider for an Anaconda organization: people, seats, tokens and service accounts.
//!
//! The binary `terraform-provider-anaconda` is a plugin: Terraform starts it, speaks gRPC with it,
//! and ends it. It is one call of [`tf_provider::run`] with [`provider::provider`], which lists all
//! that is offered. The binary `anaconda-sandbox` is [`sandbox`], to try and test without an account.
//!
//! # The layers
//!
//! From the outside in; imports point only downwards:
//!
//! - [`check`]: the command that tries the credentials and tells what the service sends.
//! - [`provider`]: what is offered, and what the provider block becomes.
//! - [`resources`], [`data_sources`], [`ephemeral`], [`lists`], [`actions`], [`functions`]: a file
//!   for each thing.
//! - [`anaconda`]: what they work with: the organization and a clock.
//! - [`client`]: Anaconda's API over HTTP. Knows nothing of Terraform.
//! - [`tf_provider`]: Terraform's plugin protocol. Knows nothing of Anaconda.
//! - [`secret`]: text that must not be seen.
//!
//! Beside them, and sharing no code with them, [`sandbox`] imitates the API, so that it can catch
//! their mistakes.
//!
//! `ARCHITECTURE.md` follows one apply through the files, and `CONTRIBUTING.md` adds a resource.
//!
//! # A whole provider
//!
//! What a resource is made of, on one that has no service behind it. The struct models the state: a
//! field for each attribute, an [`Attr`](tf_provider::Attr) where the value may be absent or not
//! known yet. What happens to an attribute in a plan is said in the schema, once, and the methods
//! have only the work left.
//!
//! ```
//! use terraform_provider_anaconda::tf_provider::cx::Client;
//! use terraform_provider_anaconda::tf_provider::prelude::*;
//! use terraform_provider_anaconda::tf_provider::provider::Provider;
//! use tokio_util::sync::CancellationToken;
//!
//! /// What the provider block becomes: here there is nothing to connect to.
//! #[derive(Clone)]
//! struct Nowhere;
//!
//! impl Client for Nowhere {
//!     fn with_stop(&self, _: CancellationToken) -> Self {
//!         self.clone()
//!     }
//! }
//!
//! /// A text whose letters are counted.
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
//!         Schema::new("A text whose letters are counted.").attributes([
//!             required("text", Type::String, "The text. Another one makes a new note.")
//!                 .requires_replace(),
//!             computed("letters", Type::Number, "How many letters it has.").stable(),
//!         ])
//!     }
//!
//!     /// What was planned as known comes back unchanged, and the rest is filled in.
//!     async fn create(_: &mut Cx<Nowhere>, plan: Self) -> Result<Self> {
//!         let letters = u32::try_from(plan.text.chars().count()).map_err(|_| {
//!             Diagnostic::error("Too long", "Use a text of fewer letters.").at("text")
//!         })?;
//!         Ok(Self { letters: Attr::Known(letters), ..plan })
//!     }
//!
//!     /// `None` would say that it is gone.
//!     async fn read(_: &mut Cx<Nowhere>, state: Self) -> Result<Option<Self>> {
//!         Ok(Some(state))
//!     }
//!
//!     async fn update(_: &mut Cx<Nowhere>, plan: Self, _: Self) -> Result<Self> {
//!         Ok(plan)
//!     }
//!
//!     async fn delete(_: &mut Cx<Nowhere>, _: Self) -> Result<()> {
//!         Ok(())
//!     }
//!
//!     async fn import(cx: &mut Cx<Nowhere>, id: &str) -> Result<Self> {
//!         Self::create(cx, Self { text: id.to_owned(), letters: Attr::Unknown }).await
//!     }
//! }
//!
//! /// `tf_provider::run(&ABOUT, provider)` would be the whole of `main`.
//! fn provider() -> Provider<Nowhere> {
//!     Provider::new(Schema::new("Keeps notes."), |_, _| Ok(Nowhere)).resource::<Note>()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # let _ = provider();
//! let mut cx = Cx::new(Some(&Nowhere), CancellationToken::new());
//! let note = Note { text: "Hello".to_owned(), letters: Attr::Unknown };
//! let note = Note::create(&mut cx, note).await.unwrap();
//! assert_eq!(note.letters, Attr::Known(5));
//! # }
//! ```
pub mod actions;
pub mod anaconda;
pub mod check;
pub mod client;
pub mod data_sources;
pub mod ephemeral;
mod filters;
pub mod functions;
pub mod lists;
pub mod provider;
pub mod resources;
pub mod sandbox;
pub mod secret;
pub mod tf_provider;

#[cfg(test)]
#[path = "../tests/fuzz/bytes.rs"]
mod fuzz;
#[cfg(test)]
mod layers;

//! Features that a test can need from a program, and the first version of each program that has
//! them.
//!
//! This table alone decides where a test can run. The versions come from the changelog of each
//! program. A run with any program in `TF_CLI_PATH` verifies them: a test that is not skipped must
//! pass.

use crate::cli::{Cli, Product};

/// Major and minor version, such as `1.15`.
type Version = (u32, u32);

/// A feature that not every program has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    /// Name of the feature in messages.
    pub(crate) what: &'static str,
    terraform: Gap,
    opentofu: Gap,
}

/// The versions that lack a feature: from the first one to before the second one.
type Gap = (Version, Version);

/// Before and after every version.
const FIRST: Version = (0, 0);
const NEVER: Version = (u32::MAX, 0);

/// Reads a cell of the table: the first version, `(before (1, 3))`, `(except (1, 9) (1, 12))`, or
/// `none`.
macro_rules! gap {
    (none) => {
        (FIRST, NEVER)
    };
    ((except $from:tt $to:tt)) => {
        ($from, $to)
    };
    ((before $from:tt)) => {
        ($from, NEVER)
    };
    ($to:tt) => {
        (FIRST, $to)
    };
}

macro_rules! table {
    ($($name:ident: $what:literal, $terraform:tt, $opentofu:tt;)*) => {
        $(
            pub(crate) const $name: Need = Need {
                what: $what,
                terraform: gap!($terraform),
                opentofu: gap!($opentofu),
            };
        )*
        /// All features.
        const ALL: &[Need] = &[$($name),*];
    };
}

table! {
    // name: description, first Terraform version, first OpenTofu version (OpenTofu starts at 1.6);
    MARKS_IN_STATE: "secrets of the schema marked in the state", (1, 8), (1, 6);
    MOVED_BLOCKS: "`moved` blocks", (1, 1), (1, 6);
    CONDITIONS: "`precondition` and `postcondition`", (1, 2), (1, 6);
    QUIET_REFRESH: "silence about changes made elsewhere that concern nothing", (1, 2), (1, 6);
    REPLACE_TRIGGERED_BY: "`replace_triggered_by`", (1, 2), (1, 6);
    DESTROY_PLANS: "plans of a provider for a destroy", (1, 3), (1, 6);
    REFRESHED_REMOVALS: "removals planned after their refresh", (except (1, 9) (1, 12)), (1, 6);
    UNPLANNED_REMOVALS: "removals that the provider does not plan", (before (1, 3)), none;
    TERRAFORM_DATA: "the resource `terraform_data`", (1, 4), (1, 6);
    IMPORT_BLOCKS: "`import` blocks", (1, 5), (1, 6);
    GENERATED_CONFIGURATION: "`plan -generate-config-out`", (1, 5), (1, 6);
    CHECK_BLOCKS: "`check` blocks", (1, 5), (1, 6);
    TESTS: "the command `test`", (1, 6), (1, 6);
    MOCKS: "`mock_provider` in tests", (1, 7), (1, 8);
    REMOVED_BLOCKS: "`removed` blocks", (1, 7), (1, 7);
    IMPORT_FOR_EACH: "`for_each` in `import` blocks", (1, 7), (1, 7);
    FUNCTIONS: "functions of providers", (1, 8), (1, 7);
    FUNCTIONS_IN_CONSOLE: "functions of providers in the command `console`", (1, 8), none;
    MOVES_TO_ANOTHER_TYPE: "`moved` blocks from one type to another", (1, 8), (1, 10);
    EPHEMERAL: "ephemeral resources", (1, 10), (1, 11);
    WRITE_ONLY: "write-only arguments", (1, 11), (1, 11);
    IDENTITY: "import by identity", (1, 12), (1, 12);
    ACTIONS: "actions", (1, 14), none;
    QUERIES: "the command `query`", (1, 14), none;
    SHORT_GENERATED_CONFIGURATION: "generated configuration without what may be left out", (1, 14), none;
    FORMATTED_QUERIES: "`fmt` of query files", (1, 15), none;
    STATE_ENCRYPTION: "encryption of state and plan", none, (1, 7);
    PROVIDER_FOR_EACH: "`for_each` in `provider` blocks", none, (1, 9);
    EXCLUDE: "the option `-exclude`", none, (1, 9);
    ENABLED: "`enabled` in `lifecycle`", none, (1, 11);
}

impl Need {
    fn gap(&self, product: Product) -> Gap {
        match product {
            Product::Terraform => self.terraform,
            Product::OpenTofu => self.opentofu,
        }
    }

    /// Returns a message that this program lacks the feature, and which versions have it.
    pub(crate) fn lacked_by(&self, cli: &Cli) -> String {
        let which = match self.gap(cli.product) {
            (FIRST, NEVER) => "no version has".to_owned(),
            (FIRST, to) => format!("since {}.{}", to.0, to.1),
            (from, NEVER) => format!("before {}.{}", from.0, from.1),
            (from, to) => format!("before {}.{} and since {}.{}", from.0, from.1, to.0, to.1),
        };
        format!("{} does not have {} ({which})", cli.name(), self.what)
    }

    /// Whether this program has the feature.
    pub(crate) fn is_met_by(&self, cli: &Cli) -> bool {
        let (from, to) = self.gap(cli.product);
        !(from..to).contains(&version(&cli.version))
    }
}

/// Returns the first two numbers of a version such as `1.15.5` or `1.16.0-beta1`.
fn version(text: &str) -> Version {
    let mut numbers = text.split('.').map(|part| part.parse().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

#[test]
fn needs_compare_with_program_versions() {
    assert_eq!(version("1.15.5"), (1, 15));
    assert_eq!(version("1.16.0-beta1"), (1, 16));
    assert!(version("1.9.8") < (1, 10));
    for need in ALL {
        let gaps = [need.terraform, need.opentofu];
        assert_ne!(gaps, [(FIRST, NEVER); 2], "no program has {}", need.what);
    }
}

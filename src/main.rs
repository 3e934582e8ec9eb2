//! The provider's binary. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    terraform_provider_anaconda::tf_provider::serve::demo_main()
}

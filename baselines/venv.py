"""Makes the virtual environment that a Python server runs in, unless it is there and up to date.

    python3 baselines/venv.py REQUIREMENTS DIRECTORY

The environment is made again when the requirements, this Python or the directory have changed.
What stands in the way is said in one line on standard error; the exit status is then 1.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 10)
"""The oldest Python that the pinned packages run on."""


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
        return
    if directory.exists():
        shutil.rmtree(directory)
    run(
        [sys.executable, "-m", "venv", str(directory)],
        "cannot make a virtual environment (on Debian, python3-venv is a package of its own)",
    )
    pip = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    run(
        [*pip, "--disable-pip-version-check", "--requirement", str(requirements)],
        f"pip cannot install {requirements}",
    )
    stamp.write_text(wanted)


def digest(requirements: Path, directory: Path) -> str:
    made_of = [requirements.read_bytes(), sys.version.encode(), str(directory).encode()]
    return hashlib.sha256(b"\0".join(made_of)).hexdigest()


def run(command: list[str], failure: str) -> None:
    """Ends the program with `failure` and the last thing said, if the command fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = (
            done.stderr.strip() or done.stdout.strip() or "no reason given"
        ).splitlines()
        sys.exit(f"venv.py: {failure}: {said[-1]}")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"venv.py: {error}")

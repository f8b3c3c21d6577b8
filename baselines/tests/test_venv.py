"""venv.py in the environments that people have, on packages that the tests make: no index is asked.

    python3 -m unittest discover -s baselines/tests
"""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

VENV = Path(__file__).resolve().parent.parent / "venv.py"

ENTRY_POINTS = "[console_scripts]\ntiny-serve = tiny:main\n"


def wheel(folder: Path) -> None:
    """Makes the package tiny 1.0, with a program."""
    information = "tiny-1.0.dist-info"
    files = {
        "tiny.py": "def main():\n    print('tiny serves')\n",
        f"{information}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{information}/WHEEL": (
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        f"{information}/entry_points.txt": ENTRY_POINTS,
        f"{information}/RECORD": "",
    }
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def source_that_does_not_build(folder: Path) -> None:
    """Makes the source of broken 1.0, whose own build backend fails as a compiler would."""
    files = {
        "pyproject.toml": (
            "[build-system]\nrequires = []\n"
            'build-backend = "backend"\nbackend-path = ["."]\n'
        ),
        "backend.py": "raise SystemExit('fatal error: Python.h: No such file')\n",
        "PKG-INFO": "Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n",
    }
    with tarfile.open(folder / "broken-1.0.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"broken-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))


class Environment(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # macOS has its temporary directory behind a symbolic link.
        self.folder = Path(folder.name).resolve()
        self.packages = self.folder / "packages"
        self.packages.mkdir()
        wheel(self.packages)
        self.elsewhere = self.folder / "elsewhere"
        self.directory = self.folder / "python" / "tiny"
        self.requirements = self.folder / "requirements.txt"
        self.requirements.write_text("# What it needs.\nTiny==1.0\n")

    def make(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs venv.py with these variables and none other of pip's and Python's."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "PYTHON"))
        }
        # Where packages come from is what pip may be told.
        environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.packages)}
        return subprocess.run(
            [sys.executable, VENV, self.requirements, self.directory],
            env=environment | variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
        )

    def assert_made(self, **variables: str) -> None:
        done = self.make(**variables)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        program = self.directory / "bin" / "tiny-serve"
        said = subprocess.run([program], capture_output=True, text=True, check=True)
        self.assertEqual(said.stdout, "tiny serves\n")
        self.assertFalse(self.elsewhere.exists())

    def assert_not_made(self, *said: str, **variables: str) -> None:
        done = self.make(**variables)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        for text in said:
            self.assertIn(text, done.stderr)
        self.assertFalse((self.directory / "made-of").exists())

    def test_variables_that_say_where_to_install(self) -> None:
        elsewhere = str(self.elsewhere)
        self.assert_made(
            PIP_TARGET=elsewhere,
            PIP_PREFIX=elsewhere,
            PIP_ROOT=elsewhere,
            PIP_USER="1",
            PIP_DRY_RUN="1",
            PIP_PYTHON=sys.executable,
            PYTHONUSERBASE=elsewhere,
            PYTHONHOME=sys.base_prefix,
        )

    def test_configuration_file_that_says_where_to_install(self) -> None:
        file = self.folder / "pip.conf"
        # What it says of the index holds.
        file.write_text(
            f"[global]\nno-index = true\nfind-links = {self.packages}\n[install]\nuser = true\n"
            + "".join(f"{option} = {self.elsewhere}\n" for option in ("target", "prefix", "root"))
        )
        self.assert_made(PIP_CONFIG_FILE=str(file), PIP_NO_INDEX="", PIP_FIND_LINKS="")

    def test_packages_that_are_on_the_path_already(self) -> None:
        path = self.folder / "path"
        path.mkdir()
        with zipfile.ZipFile(self.packages / "tiny-1.0-py3-none-any.whl") as archive:
            archive.extractall(path)
        self.assert_made(PYTHONPATH=str(path))

    def test_environment_is_kept_while_it_has_what_is_required(self) -> None:
        self.assert_made()
        kept = self.directory / "kept"
        kept.touch()
        self.assert_made()
        self.assertTrue(kept.exists())
        self.requirements.write_text("tiny==1.0 # the same\n")
        self.assert_made()
        self.assertFalse(kept.exists())
        (self.directory / "bin" / "tiny-serve").unlink()
        self.assert_made()
        (package,) = self.directory.glob("lib/python*/site-packages/tiny-1.0.dist-info")
        package.rename(self.folder / "gone")
        self.assert_made()

    def test_success_of_pip_that_installs_nothing_is_not_believed(self) -> None:
        # A marker that does not hold.
        self.requirements.write_text("tiny==1.0; python_version < '3'\n")
        self.assert_not_made("pip reports success", "lacks tiny==1.0")

    def test_cause_of_a_build_that_fails_is_shown(self) -> None:
        source_that_does_not_build(self.packages)
        self.requirements.write_text("broken==1.0\n")
        self.assert_not_made(
            f"venv.py: pip cannot install {self.requirements}. It said:\n",
            "fatal error: Python.h: No such file",
        )

    def test_index_that_cannot_be_reached_is_no_missing_version(self) -> None:
        # Nothing listens there.
        index = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": "http://127.0.0.1:1/"}
        self.assert_not_made("Connection refused", PIP_RETRIES="1", PIP_QUIET="3", **index)
        self.assert_not_made("an index that it cannot reach", PIP_RETRIES="0", **index)

    def test_older_python_is_refused(self) -> None:
        code = (
            "import sys, runpy; sys.version_info = (3, 10, 13); "
            "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, VENV, self.requirements, self.directory],
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("Python 3.11 or later is needed", done.stderr)
        self.assertFalse(self.directory.parent.exists())


if __name__ == "__main__":
    unittest.main()

"""Writes the document that FastAPI generates for the original to `openapi.json` beside this file.

    target/python/fastapi/bin/python baselines/fastapi/openapi.py [--check]

With `--check` it writes nothing, and its exit status says whether the file is in step.
"""

import json
import sys
from pathlib import Path

from app import app

FILE = Path(__file__).with_name("openapi.json")


def main() -> None:
    text = json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"
    if sys.argv[1:] == ["--check"]:
        if FILE.read_text("utf-8") != text:
            sys.exit(f"{FILE} is not what FastAPI generates: run this without --check")
    elif sys.argv[1:]:
        sys.exit("usage: openapi.py [--check]")
    else:
        FILE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

"""Writes docs/openapi.json from what the endpoints state of themselves."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shared.triggers.openapi import document  # noqa: E402  # found beside scripts/


def main() -> None:
    (ROOT / "docs" / "openapi.json").write_text(document(), "utf-8")


if __name__ == "__main__":
    main()

"""While `make run` serves: `python -m sandbox.crm USER LOCATION` prints a token."""

import argparse
import json
import sys
from pathlib import Path

from sandbox.crm.tokens import token


def main() -> None:
    """Prints a token for a user of the service that `make run` started."""
    parser = argparse.ArgumentParser(prog="sandbox.crm", description=main.__doc__)
    parser.add_argument("user")
    parser.add_argument("location", help='"*" with --role service means every location')
    parser.add_argument("--role", choices=("agent", "admin", "service"), default="agent")
    parser.add_argument("--name", default="", help="shown to others; else the user's id")
    parser.add_argument("--settings", type=Path, default=Path(".local/settings.json"))
    options = parser.parse_args()
    try:
        values = json.loads(options.settings.read_text("utf-8"))["Values"]
    except OSError:
        sys.exit(f"There is no {options.settings}: start `make run` first.")
    locations = {options.location: options.role}
    print(token(values["CRM_JWT_SECRET"], options.user, locations, options.name))


if __name__ == "__main__":
    main()

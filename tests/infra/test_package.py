"""What is deployed: the application alone, and no secret that lies about beside it."""

from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEEDED = {"function_app.py", "host.json", "requirements.txt", "shared", "web"}


def ignored(name: str) -> bool:
    patterns = (ROOT / ".funcignore").read_text().split()
    return any(fnmatch(name, pattern) for pattern in patterns)


def test_the_package_holds_the_application_and_nothing_else() -> None:
    kept = {path.name for path in ROOT.iterdir() if not ignored(path.name)}

    assert kept == NEEDED | ({".funcignore"} & kept)


def test_what_azd_keeps_of_an_environment_is_neither_deployed_nor_kept() -> None:
    """With a .funcignore azd leaves out nothing by itself.
    https://learn.microsoft.com/azure/developer/azure-developer-cli/azd-schema"""
    kept = (ROOT / ".gitignore").read_text().split()

    assert ignored(".azure")
    assert ignored("local.settings.json")
    assert {".azure/", "local.settings.json"} <= set(kept)

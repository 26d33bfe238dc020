"""A Python 3.13 environment with what runs in Azure, made once and kept under `.local/`."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNTIME = "azure-functions-runtime==1.3.0"


def find_python() -> Path | None:
    """A Python 3.13 interpreter that works, from PATH or pyenv; None when there is none."""
    return next((python for python in _candidates() if _is_313(python)), None)


def environment(python: Path) -> Path:
    """The interpreter of an environment with requirements.txt and the worker library."""
    requirements = ROOT / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + RUNTIME.encode()).hexdigest()
    folder = ROOT / ".local" / "python3.13"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_name("python3.13.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test workers may come at once
        made = folder / "made-from"
        if not made.exists() or made.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _make(python, folder, requirements)
            made.write_text(wanted)
    return folder / "bin" / "python"


def _candidates() -> Iterator[Path]:
    roots = [os.environ.get("PYENV_ROOT"), _pyenv_root(), str(Path.home() / ".pyenv")]
    if found := shutil.which("python3.13"):
        yield Path(found)
    for root in dict.fromkeys(root for root in roots if root):
        yield from sorted(Path(root).glob("versions/3.13*/bin/python"), reverse=True)


def _pyenv_root() -> str | None:
    if not shutil.which("pyenv"):
        return None
    done = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def _is_313(python: Path) -> bool:
    """Whether it runs; a pyenv shim may stand for a version that is not selected."""
    show = [str(python), "-c", "import sys; print(sys.version_info[:2] == (3, 13))"]
    return subprocess.run(show, capture_output=True, text=True, check=False).stdout == "True\n"


def _make(python: Path, folder: Path, requirements: Path) -> None:
    subprocess.run([str(python), "-m", "venv", str(folder)], check=True)
    target = str(folder / "bin" / "python")
    has_uv = subprocess.run(
        [sys.executable, "-m", "uv", "--version"], capture_output=True, check=False
    )
    if has_uv.returncode == 0:
        install = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", target]
    else:
        install = [target, "-m", "pip", "install", "-q"]
    for what in (["-r", str(requirements)], [RUNTIME]):
        subprocess.run([*install, *what], check=True)

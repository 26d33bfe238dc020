"""Finds the functions of an app: their triggers, outputs and code.

Facts: github.com/Azure/azure-functions-python-worker, `functions.py` (which parameters and
annotations load), and azure-functions-python-library, `decorators/function_app.py`.
"""

import importlib
import importlib.util
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.functions as func

from sandbox.functions_host.errors import HostError
from sandbox.functions_host.settings import DEFAULT_CONNECTION, resolve

MODULE = "function_app"
TRIGGERS = ("httpTrigger", "queueTrigger", "timerTrigger")
_POISON = "-poison"


@dataclass(frozen=True)
class QueueName:
    """A queue of a storage connection."""

    connection: str
    name: str

    @property
    def poison(self) -> "QueueName":
        """Where messages go that cannot be processed."""
        return QueueName(self.connection, f"{self.name}{_POISON}")

    @property
    def is_poison(self) -> bool:
        return self.name.endswith(_POISON)


@dataclass(frozen=True)
class QueueOutput:
    """A queue output binding: the parameter (or `$return`) and the type inside its `Out[…]`."""

    parameter: str
    queue: QueueName
    inner: Any


@dataclass(frozen=True)
class Function:
    """A function of the app, its settings resolved."""

    name: str
    code: Callable[..., Any]
    is_async: bool
    trigger: str
    parameter: str
    binding: Mapping[str, Any]
    outputs: tuple[QueueOutput, ...]
    returns: bool
    wants_context: bool

    @property
    def queue(self) -> QueueName:
        """The queue of a queue trigger."""
        return _queue(self.binding)


def load_app(app_dir: Path) -> func.FunctionApp:
    """Imports `function_app.py` of `app_dir`, afresh, as the worker does."""
    app_dir = app_dir.resolve()
    file = app_dir / f"{MODULE}.py"
    if not file.exists():
        raise HostError(f"{app_dir} has no {MODULE}.py")
    if str(app_dir) not in sys.path:
        sys.path.insert(0, str(app_dir))
    sys.modules.pop(MODULE, None)
    spec = importlib.util.spec_from_file_location(MODULE, file)
    if spec is None or spec.loader is None:
        raise HostError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    spec.loader.exec_module(module)
    app = getattr(module, "app", None)
    if not isinstance(app, func.FunctionApp):
        raise HostError(f"{file} has no FunctionApp named app")
    return app


def find_functions(app: func.FunctionApp, environ: Mapping[str, str]) -> list[Function]:
    """The functions of the app in the order of their names."""
    app.functions_bindings = None  # else a second indexing takes every name for a duplicate
    found = [_function(item, environ) for item in app.get_functions()]
    return sorted(found, key=lambda function: function.name.lower())


def _function(item: Any, environ: Mapping[str, str]) -> Function:
    name = item.get_function_name()
    code = item.get_user_function()
    bindings = [_resolved(b, environ, name) for b in item.get_dict_repr()["bindings"]]
    triggers = [b for b in bindings if b["type"] in TRIGGERS]
    outputs = [b for b in bindings if b["type"] == "queue"]
    unknown = {b["type"] for b in bindings} - {*TRIGGERS, "queue", "http"}
    if len(triggers) != 1 or unknown:
        raise HostError(f"{name}: only HTTP, queue and timer functions are served here: {unknown}")
    hints = _hints(name, code)
    _check_parameters(name, code, hints, bindings)
    return Function(
        name=name,
        code=code,
        is_async=inspect.iscoroutinefunction(code),
        trigger=triggers[0]["type"],
        parameter=triggers[0]["name"],
        binding=triggers[0],
        outputs=tuple(QueueOutput(b["name"], _queue(b), _inner(hints, b)) for b in outputs),
        returns=any(b["name"] == "$return" for b in bindings),
        wants_context="context" in inspect.signature(code).parameters,
    )


def _queue(binding: Mapping[str, Any]) -> QueueName:
    return QueueName(binding.get("connection") or DEFAULT_CONNECTION, binding["queueName"])


def _resolved(binding: Mapping[str, Any], environ: Mapping[str, str], name: str) -> dict[str, Any]:
    """The binding with its `%NAME%` replaced."""
    return {
        key: resolve(value, environ, name) if isinstance(value, str) else value
        for key, value in binding.items()
    }


def _hints(name: str, code: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(code)
    except NameError as error:
        raise HostError(f"{name}: an annotation cannot be read: {error}") from None


def _inner(hints: Mapping[str, Any], binding: Mapping[str, Any]) -> Any:
    """The type inside `Out[…]`, or the annotated return type."""
    if binding["name"] == "$return":
        return hints.get("return")
    return next(iter(typing.get_args(hints.get(binding["name"]))), None)


def _check_parameters(
    name: str, code: Callable[..., Any], hints: Mapping[str, Any], bindings: list[dict[str, Any]]
) -> None:
    """Refuses what the worker refuses to load."""
    declared = set(inspect.signature(code).parameters) - {"context"}
    bound = {b["name"] for b in bindings} - {"$return"}
    if declared != bound:
        raise HostError(f"{name}: parameters and bindings differ: {sorted(declared ^ bound)}")
    for binding in bindings:
        if isinstance(_inner(hints, binding), types.GenericAlias) and binding["type"] == "queue":
            raise HostError(f"{name}: write Out[typing.List[str]], list[str] does not load")

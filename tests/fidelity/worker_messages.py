"""Plain stand-ins for the protobuf classes of the Functions worker protocol.

`azure-functions-runtime` gets these classes from its host. Field names and numbers are those of
github.com/Azure/azure-functions-language-worker-protobuf, FunctionRpc.proto; a field that is not
there is refused, as protobuf would.
"""

from typing import Any


class Message:
    """A message: `fields` are those allowed, `choice` names its one-of, if any."""

    fields: tuple[str, ...] = ()
    choice: str = ""

    def __init__(self, **values: Any) -> None:
        if unknown := set(values) - set(self.fields):
            raise ValueError(f"{type(self).__name__} has no field {sorted(unknown)}")
        self.given = [name for name, value in values.items() if value is not None]
        for name in self.fields:
            setattr(self, name, values.get(name))

    def WhichOneof(self, choice: str) -> str | None:  # noqa: N802 protobuf's name
        """The field that is set of a one-of."""
        if choice != self.choice:
            raise ValueError(f"{type(self).__name__} has no one-of {choice}")
        return self.given[0] if self.given else None


class TypedData(Message):
    fields = ("string", "json", "bytes", "stream", "http", "int", "double", "collection_bytes")
    choice = "data"


class ParameterBinding(Message):
    fields = ("name", "data", "rpc_shared_memory")
    choice = "rpc_data"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.given = [name for name in self.given if name != "name"]


class RpcHttp(Message):
    fields = (
        *("method", "url", "headers", "body", "params", "status_code", "query"),
        *("enable_content_negotiation", "raw_body", "identities", "cookies"),
    )


class RpcHttpCookie(Message):
    fields = (
        *("name", "value", "domain", "path", "expires", "secure"),
        *("http_only", "same_site", "max_age"),
    )

    class SameSite:
        Lax = 1
        Strict = 2
        ExplicitNone = 3


setattr(RpcHttpCookie.SameSite, "None", 0)


class NullableString(Message):
    fields = ("value",)


class NullableBool(Message):
    fields = ("value",)


class NullableDouble(Message):
    fields = ("value",)


class NullableTimestamp(Message):
    fields = ("value",)


class Timestamp(Message):
    fields = ("seconds", "nanos")


class BindingInfo(Message):
    fields = ("type", "direction", "data_type", "properties")
    out = 1
    inout = 2
    undefined = 0


class RpcFunctionMetadata(Message):
    fields = (
        *("name", "directory", "script_file", "entry_point", "bindings", "is_proxy", "status"),
        *("language", "raw_bindings", "function_id", "managed_dependency_enabled"),
        *("retry_options", "properties"),
    )


class RpcRetryOptions(Message):
    fields = (
        *("max_retry_count", "delay_interval", "minimum_interval", "maximum_interval"),
        "retry_strategy",
    )


class RpcException(Message):
    fields = ("source", "stack_trace", "message", "is_user_exception", "type")


class StatusResult(Message):
    fields = ("status", "result", "exception", "logs")
    Failure = 0
    Success = 1


class WorkerMetadata(Message):
    fields = (
        *("runtime_name", "runtime_version", "worker_version"),
        *("worker_bitness", "custom_properties"),
    )


class WorkerInitResponse(Message):
    fields = ("worker_version", "capabilities", "result", "worker_metadata")


class FunctionEnvironmentReloadResponse(Message):
    fields = ("worker_metadata", "capabilities", "result", "capabilities_update_strategy")


class FunctionMetadataResponse(Message):
    fields = ("function_metadata_results", "result", "use_default_metadata_indexing")


class FunctionLoadResponse(Message):
    fields = ("function_id", "result", "is_dependency_downloaded")


class InvocationResponse(Message):
    fields = ("invocation_id", "output_data", "return_value", "result")

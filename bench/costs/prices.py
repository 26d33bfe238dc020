"""List prices, in USD, and what is assumed of Azure where nothing of it can be measured here.

West Europe, where docs/setup-azure.md makes its example; late 2026. The price pages are not to be
read from a test: each figure is as remembered, `seen` says where else it was found. Check them.
"""

from dataclasses import dataclass

_PAGES = "https://azure.microsoft.com/pricing/details"
CHECKED = "November 2026"
REGION = "West Europe"


@dataclass(frozen=True)
class Price:
    """`usd` for `per` of a unit, of which `free` are free in a month."""

    usd: float
    per: float
    unit: str
    page: str
    free: float = 0.0
    seen: str = "as remembered, check"

    def of(self, amount: float) -> float:
        return max(0.0, amount - self.free) * self.usd / self.per


_FUNCTIONS, _STORAGE = f"{_PAGES}/functions/", f"{_PAGES}/storage"
_BLOG = "https://modal.com/blog/azure-function-pricing-guide says the same"
_TABLES = "public cost estimates of 2025 and 2026 say the same for LRS; ZRS as remembered, check"

PRICES = {
    "on demand": Price(0.000026, 1, "GB-s", _FUNCTIONS, 100_000, _BLOG),
    "executions": Price(0.40, 1e6, "executions", _FUNCTIONS, 250_000),
    "always ready": Price(0.000004, 1, "GB-s", _FUNCTIONS),
    "always ready, working": Price(0.000016, 1, "GB-s", _FUNCTIONS),
    "always ready, executions": Price(0.40, 1e6, "executions", _FUNCTIONS),
    "table operations": Price(0.00036, 1e4, "operations", f"{_STORAGE}/tables/", seen=_TABLES),
    "table capacity": Price(0.0563, 1, "GB", f"{_STORAGE}/tables/"),
    "queue operations": Price(0.004, 1e4, "operations", f"{_STORAGE}/queues/"),
    "blob operations": Price(0.0625, 1e4, "operations", f"{_STORAGE}/blobs/"),
    "key operations": Price(0.15, 1e4, "operations", f"{_PAGES}/key-vault/"),
    "key": Price(1.00, 1, "key of RSA 3072", f"{_PAGES}/key-vault/"),
    "logs": Price(
        2.76, 1, "GB", f"{_PAGES}/monitor/", 5, "public estimates say 2.30 to 2.76 by region"
    ),
    "alert, every 5 minutes": Price(1.50, 1, "rule", f"{_PAGES}/monitor/"),
    "alert, every 15 minutes": Price(0.50, 1, "rule", f"{_PAGES}/monitor/"),
    "outbound": Price(0.087, 1, "GB", f"{_PAGES}/bandwidth/", 100),
}


@dataclass(frozen=True)
class Assumed:
    """What cannot be measured without Azure.

    `together`: runs that an instance does at a time, batchSize and newBatchThreshold of host.json.
    `puts_at_once`: messages that the sweep puts at a time.
    An activity of an instance is paid for a second at least:
    https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing
    `rest_bytes` is what Azure keeps of a record beside its text; a run makes `host_traces` of the
    host, one request and one span of ours.
    """

    graph_seconds: float = 0.25
    storage_seconds: float = 0.008
    webhook_seconds: float = 0.2
    together: int = 12
    puts_at_once: int = 16
    memory_gb: float = 2.0
    shortest_seconds: float = 1.0
    http_seconds: float = 0.02
    rest_bytes: int = 500
    host_traces: int = 3
    host_trace_bytes: int = 700
    request_bytes: int = 1_100
    span_bytes: int = 900
    deletion_log_bytes: int = 1_200
    vault_log_bytes: int = 1_800
    fixed_log_gb: float = 1.0
    out_bytes_a_request: int = 3_000
    token_minutes: float = 70.0
    data_key_minutes: float = 15.0
    most_data_keys: int = 500
    queues: int = 20
    looks_a_queue_minute: float = 6.0
    blob_operations_month: float = 250_000


ASSUMED = Assumed()
ALWAYS_READY_INSTANCES = 1
ALERTS = {"alert, every 5 minutes": 3, "alert, every 15 minutes": 8}

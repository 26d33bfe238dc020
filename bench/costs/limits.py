"""What the providers and Azure allow, and where they say so."""

from dataclasses import dataclass

_AZURE = "https://learn.microsoft.com/azure"
_GRAPH = "https://learn.microsoft.com/graph/throttling-limits"


@dataclass(frozen=True)
class Limit:
    """`a_second` on average over the time that it is counted in."""

    a_second: float
    told: str
    source: str


GRAPH_APP = Limit(130_000 / 10, "Graph: 130,000 requests in 10 s for an app", _GRAPH)
GRAPH_MAILBOX = Limit(
    10_000 / 600,
    "Outlook: 10,000 requests in 10 min for an app and mailbox",
    f"{_GRAPH}#outlook-service-limits",
)
GRAPH_SUBSCRIPTIONS = Limit(
    1_000 / 20,
    "Graph: 1,000 writes of subscriptions in 20 s for an app and tenant",
    f"{_GRAPH}#subscription-service-limits",
)
GOOGLE_PROJECT = Limit(
    10_000 / 60,
    "Google Calendar: 10,000 requests a minute for a project",
    "https://developers.google.com/workspace/calendar/api/guides/quota",
)
GOOGLE_DAY = Limit(
    1_000_000 / 86_400,
    "Google Calendar: 1,000,000 requests a day for a project, above which it may be billed",
    "https://developers.google.com/workspace/calendar/api/guides/quota",
)
QUEUE = Limit(
    2_000,
    "Queue Storage: 2,000 messages a second in one queue",
    f"{_AZURE}/storage/queues/scalability-targets",
)
ACCOUNT = Limit(
    20_000,
    "Storage: 20,000 requests a second for an account, of which there is one for all data",
    f"{_AZURE}/storage/tables/scalability-targets",
)
PARTITION = Limit(
    2_000,
    "Table Storage: 2,000 entities a second in one partition",
    f"{_AZURE}/storage/tables/scalability-targets",
)
VAULT = Limit(
    1_000 / 10,
    "Key Vault: 1,000 requests with RSA 3072 keys in 10 s for a vault",
    f"{_AZURE}/key-vault/general/service-limits",
)

REGION_MEMORY_MB = 512_000
REGION_MEMORY = "Flex Consumption: 512,000 MB of memory for a subscription in a region"
REGION_MEMORY_SOURCE = (
    f"{_AZURE}/azure-functions/flex-consumption-plan#regional-subscription-memory-quotas"
)
INSTANCES = "MAXIMUM_INSTANCE_COUNT, 100 instances of a function unless set; Azure allows 1,000"
INSTANCES_SOURCE = f"{_AZURE}/azure-functions/flex-consumption-plan"
MOST_INSTANCES = 100

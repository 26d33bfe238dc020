"""Tenants and accounts: work, personal and guest."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal
from uuid import NAMESPACE_DNS, uuid5

# The tenant of all personal Microsoft accounts
# (learn.microsoft.com/entra/identity-platform/id-token-claims-reference).
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"

Kind = Literal["work", "personal", "guest"]


class UnknownAccountError(LookupError):
    """No such tenant or user."""


@dataclass(eq=False)
class Tenant:
    """An organisation. `user_consent` False means that only an administrator may consent."""

    id: str
    name: str
    domain: str
    user_consent: bool = True
    admin_consented: set[str] = field(default_factory=set)

    @property
    def personal(self) -> bool:
        """Whether this is the shared tenant of personal accounts."""
        return self.id == PERSONAL_TENANT


@dataclass(eq=False)
class User:
    """One account in one tenant. A guest has a `home` account in another tenant."""

    object_id: str
    tenant: Tenant
    display_name: str
    user_principal_name: str
    mail: str | None
    kind: Kind
    time_zone: str = "UTC"
    has_mailbox: bool = True
    no_mailbox_code: str = "MailboxNotEnabledForRESTAPI"
    enabled: bool = True
    home: "User | None" = None

    @property
    def address(self) -> str:
        """The address the mailbox and all control calls are keyed by."""
        return self.user_principal_name

    @property
    def personal(self) -> bool:
        """Whether this is a personal Microsoft account."""
        return self.kind == "personal"

    @property
    def id(self) -> str:
        """The id Graph shows: the object id; for personal accounts the 16 hex digits of the CID
        (microsoft-graph-docs issue 3055)."""
        return self.object_id.replace("-", "")[-16:] if self.personal else self.object_id

    @property
    def home_ids(self) -> tuple[str, str]:
        """Object id and tenant id of the home account (client_info's uid and utid)."""
        home = self.home or self
        return home.object_id, home.tenant.id

    @property
    def notification_tenant(self) -> str:
        """`tenantId` in notifications: empty for personal accounts (same issue)."""
        return "" if self.personal else self.tenant.id


class Directory:
    """All tenants and accounts of the simulated world."""

    def __init__(self) -> None:
        self._tenants: dict[str, Tenant] = {}
        self._users: list[User] = []
        self.add_tenant(Tenant(PERSONAL_TENANT, "Microsoft accounts", "live.example"))

    @property
    def tenants(self) -> list[Tenant]:
        """Every tenant, the personal one included."""
        return list(self._tenants.values())

    @property
    def users(self) -> list[User]:
        """Every account, guests included."""
        return list(self._users)

    def add_tenant(self, tenant: Tenant) -> Tenant:
        """Add or replace a tenant."""
        self._tenants[tenant.id] = tenant
        return tenant

    def tenant(self, name: str) -> Tenant:
        """The tenant with this id or domain name."""
        wanted = name.lower()
        for tenant in self._tenants.values():
            if wanted in (tenant.id, tenant.domain.lower()):
                return tenant
        raise UnknownAccountError(f"no tenant {name!r}")

    def add_user(self, user: User) -> User:
        """Add an account; its address must be new in its tenant."""
        if any(u.tenant is user.tenant and _same(u.address, user.address) for u in self._users):
            raise ValueError(f"{user.address} exists already")
        self._users.append(user)
        return user

    def user(self, address: str, tenant: Tenant | None = None) -> User:
        """The account with this address: in the given tenant, else the home account."""
        for user in self._users:
            in_place = user.tenant is tenant if tenant else user.home is None
            if in_place and _same(user.address, address):
                return user
        raise UnknownAccountError(f"no user {address!r}")


def object_id(address: str, personal: bool) -> str:
    """A stable object id; personal accounts have the shape 00000000-0000-0000-xxxx-xxxxxxxxxxxx."""
    if not personal:
        return str(uuid5(NAMESPACE_DNS, address.lower()))
    cid = hashlib.sha256(address.lower().encode()).hexdigest()[:16]
    return f"00000000-0000-0000-{cid[:4]}-{cid[4:]}"


def tenant_id(domain: str) -> str:
    """A stable tenant id for a domain name."""
    return str(uuid5(NAMESPACE_DNS, f"tenant.{domain.lower()}"))


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()

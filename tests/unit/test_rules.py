"""Who may do what, who owns what, what may be chosen, and what is proven (R1–R9, R12)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import Caller, Membership, Right
from shared.domain.availability import Policy
from shared.domain.model import (
    Account,
    Calendar,
    CalendarInfo,
    CalendarKey,
    LocationId,
    Role,
    UserId,
)
from shared.domain.ownership import Owner, claimed, may_claim, names_owner_to, released, unused
from shared.domain.proof import prove, proven
from shared.domain.selection import (
    Choice,
    Refusal,
    Refused,
    Selection,
    check,
    providers_chosen,
)
from tests.unit.made import ACCOUNT, GOOGLE, NOW, OUTLOOK

HERE, THERE, ANYWHERE = LocationId("here"), LocationId("there"), LocationId("*")
ANNE, BERT = UserId("anne"), UserId("bert")
AGENT, ADMIN, SERVICE = Membership.AGENT, Membership.ADMIN, Membership.SERVICE


# Access: every right against every membership, for oneself and for somebody else

MAY: dict[Right, dict[Membership, tuple[bool, bool]]] = {
    Right.OWN: {AGENT: (True, False), ADMIN: (True, False), SERVICE: (False, False)},
    Right.OWN_OR_ADMIN: {AGENT: (True, False), ADMIN: (True, True), SERVICE: (False, False)},
    Right.OWN_ADMIN_OR_SERVICE: {AGENT: (True, False), ADMIN: (True, True), SERVICE: (True, True)},
    Right.ADMIN: {AGENT: (False, False), ADMIN: (True, True), SERVICE: (False, False)},
    Right.ADMIN_OR_SERVICE: {AGENT: (False, False), ADMIN: (True, True), SERVICE: (True, True)},
    Right.SERVICE: {AGENT: (False, False), ADMIN: (False, False), SERVICE: (True, True)},
    Right.MEMBER: {AGENT: (True, True), ADMIN: (True, True), SERVICE: (True, True)},
}


@pytest.mark.parametrize("membership", Membership)
@pytest.mark.parametrize("right", Right)
def test_rights(right: Right, membership: Membership) -> None:
    caller = Caller(ANNE, "Anne", {HERE: membership})
    own, others = MAY[right][membership]
    assert caller.may(right, HERE, ANNE) is own
    assert caller.may(right, HERE, BERT) is others
    # What is of nobody, like a location's settings: as for somebody else's.
    assert caller.may(right, HERE, None) is others
    # A stranger, wherever else they are something.
    assert not caller.may(right, THERE, ANNE)
    assert not Caller(ANNE, "Anne", {}).may(right, HERE, ANNE)


@pytest.mark.parametrize("right", Right)
def test_only_services_are_something_everywhere(right: Right) -> None:
    service = Caller(UserId("crm"), "CRM", {ANYWHERE: SERVICE})
    assert service.may(right, HERE, BERT) is MAY[right][SERVICE][1]
    for membership in (AGENT, ADMIN):
        caller = Caller(ANNE, "Anne", {ANYWHERE: membership})
        assert not caller.may(right, HERE, ANNE)


def test_what_is_said_of_a_location_counts_before_what_is_said_of_all() -> None:
    caller = Caller(ANNE, "Anne", {ANYWHERE: SERVICE, HERE: AGENT})
    assert caller.membership(HERE) is AGENT
    assert not caller.may(Right.ADMIN_OR_SERVICE, HERE, BERT)
    assert caller.membership(THERE) is SERVICE


def test_nobody_connects_for_somebody_else() -> None:
    """R1, R9: an admin and a service may not, whatever they are called."""
    for membership in (ADMIN, SERVICE):
        assert not Caller(ANNE, "", {HERE: membership}).may(Right.OWN, HERE, BERT)
    assert not Caller(ANNE, "", {HERE: SERVICE}).may(Right.OWN, HERE, ANNE)


# Ownership

OLD, NEW = NOW - timedelta(minutes=11), NOW - timedelta(minutes=9)
ANNES = Owner(ANNE, "Anne", {HERE: OLD, THERE: OLD})


@pytest.mark.parametrize(
    ("owner", "user", "connected", "allowed"),
    [
        (None, BERT, [], True),
        (ANNES, ANNE, [HERE, THERE], True),
        (ANNES, ANNE, [], True),
        (ANNES, BERT, [HERE, THERE], False),
        (ANNES, BERT, [THERE], False),
        # Claims for which no connection ever came are void after ten minutes.
        (ANNES, BERT, [], True),
        (Owner(ANNE, "Anne", {HERE: NEW}), BERT, [], False),
        (Owner(ANNE, "Anne", {HERE: NEW, THERE: OLD}), BERT, [], False),
        (Owner(ANNE, "Anne", {HERE: NEW, THERE: OLD}), BERT, [THERE], False),
        (Owner(ANNE, "Anne", {}), BERT, [], True),
    ],
)
def test_one_account_belongs_to_one_user(
    owner: Owner | None, user: UserId, connected: list[LocationId], allowed: bool
) -> None:
    assert may_claim(owner, user, connected, NOW) is allowed


def test_a_claim_adds_a_location_or_renews_what_it_has() -> None:
    one = claimed(None, ANNE, "Anne", HERE, OLD)
    assert one == Owner(ANNE, "Anne", {HERE: OLD})
    two = claimed(one, ANNE, "Anne B.", THERE, NOW)
    assert two == Owner(ANNE, "Anne B.", {HERE: OLD, THERE: NOW})
    assert claimed(two, ANNE, "Anne B.", HERE, NOW) == Owner(
        ANNE, "Anne B.", {HERE: NOW, THERE: NOW}
    )
    assert claimed(two, BERT, "Bert", HERE, NOW) == Owner(BERT, "Bert", {HERE: NOW})


def test_whether_an_account_is_used_at_all() -> None:
    assert unused(ANNES, [], NOW)
    assert not unused(ANNES, [THERE], NOW)
    assert not unused(Owner(ANNE, "Anne", {HERE: NEW}), [], NOW)
    assert unused(Owner(ANNE, "Anne", {}), [HERE], NOW)


def test_a_release_leaves_the_other_locations() -> None:
    assert released(ANNES, HERE) == Owner(ANNE, "Anne", {THERE: OLD})
    assert released(released(ANNES, HERE), THERE).locations == {}
    assert released(ANNES, LocationId("elsewhere")) == ANNES


def test_the_owner_is_named_only_where_both_are_members() -> None:
    assert names_owner_to(ANNES, [HERE])
    assert names_owner_to(ANNES, [LocationId("elsewhere"), THERE])
    assert not names_owner_to(ANNES, [LocationId("elsewhere"), ANYWHERE])
    assert not names_owner_to(ANNES, [])


# Selection


def info(name: str, can_write: bool = True, shared: bool = False) -> CalendarInfo:
    return CalendarInfo(name, name, None, None, None, False, can_write, shared)


LISTED = {
    OUTLOOK: [info("mine"), info("read-only", can_write=False), info("shared", shared=True)],
    GOOGLE: [info("mine"), info("family")],
}
MINE, READ_ONLY, SHARED = (Choice(OUTLOOK, name) for name in ("mine", "read-only", "shared"))
FAMILY, GOOGLE_MINE = Choice(GOOGLE, "family"), Choice(GOOGLE, "mine")
UNKNOWN = Choice(OUTLOOK, "MINE")


@pytest.mark.parametrize(
    ("primary", "conflicts", "refused"),
    [
        (None, [], None),
        (MINE, [], None),
        (None, [MINE, READ_ONLY, SHARED], None),
        (MINE, [READ_ONLY, SHARED, FAMILY, GOOGLE_MINE], None),
        (FAMILY, [MINE, READ_ONLY], None),  # R8
        (SHARED, [MINE], None),  # R5
        (READ_ONLY, [], (Refusal.CALENDAR_READ_ONLY, READ_ONLY)),
        (MINE, [MINE], (Refusal.CALENDAR_TWICE, MINE)),
        (None, [FAMILY, MINE, FAMILY], (Refusal.CALENDAR_TWICE, FAMILY)),
        (UNKNOWN, [], (Refusal.UNKNOWN_CALENDAR, UNKNOWN)),
        (MINE, [FAMILY, UNKNOWN], (Refusal.UNKNOWN_CALENDAR, UNKNOWN)),
    ],
)
def test_choices(
    primary: Choice | None, conflicts: list[Choice], refused: tuple[Refusal, Choice] | None
) -> None:
    found = check(Selection(primary, tuple(conflicts)), [OUTLOOK, GOOGLE], LISTED)
    assert found == (Refused(*refused) if refused else None)


@pytest.mark.parametrize("selection", [Selection(FAMILY), Selection(MINE, (FAMILY,))])
def test_a_provider_without_an_account_is_refused(selection: Selection) -> None:
    found = check(selection, [OUTLOOK], {OUTLOOK: LISTED[OUTLOOK]})
    assert found == Refused(Refusal.PROVIDER_NOT_CONNECTED, FAMILY)


def test_roles_and_providers() -> None:
    selection = Selection(MINE, (FAMILY, SHARED))
    assert list(selection.roles()) == [
        (MINE, Role.PRIMARY), (FAMILY, Role.CONFLICT), (SHARED, Role.CONFLICT),
    ]  # fmt: skip
    assert providers_chosen(selection) == {OUTLOOK, GOOGLE}
    assert providers_chosen(Selection()) == set()


def test_disconnecting_takes_that_providers_calendars_out() -> None:
    """R12."""
    policy = Policy(ignore_all_day=True)
    selection = Selection(MINE, (FAMILY, SHARED), policy)
    assert selection.without(OUTLOOK) == Selection(None, (FAMILY,), policy)
    assert selection.without(GOOGLE) == replace(selection, conflicts=(SHARED,))


# Proof

SECRET = "a secret of at least 32 characters"
keys = st.integers(0, 2**128 - 1).map(lambda number: CalendarKey(f"{number:032x}"))


@given(keys)
def test_what_we_prove_is_proven(key: CalendarKey) -> None:
    text = prove(SECRET, key)
    assert proven(SECRET, text) == key
    assert len(text) == 76
    assert text.isascii()
    assert text.startswith(key)
    assert proven(f"{SECRET}.", text) is None


@given(keys, keys)
def test_a_proof_is_for_one_calendar(key: CalendarKey, other: CalendarKey) -> None:
    if key != other:
        _, _, mac = prove(SECRET, key).partition(".")
        assert proven(SECRET, f"{other}.{mac}") is None


@given(keys, st.integers(0, 75), st.characters())
def test_a_proof_with_one_character_changed_proves_nothing(
    key: CalendarKey, position: int, character: str
) -> None:
    text = prove(SECRET, key)
    forged = text[:position] + character + text[position + 1 :]
    assert proven(SECRET, forged) == (key if forged == text else None)


@given(st.one_of(st.none(), st.text(), st.from_regex(r"[0-9a-f]{32}\.[A-Za-z0-9_-]{43}")))
def test_nothing_else_is_ever_accepted(text: str | None) -> None:
    assert proven(SECRET, text) is None


@pytest.mark.parametrize("change", ["{} ", " {}", "{}\n", "{}=", "", "{0}{0}"])
def test_the_form_is_exact(change: str) -> None:
    assert proven(SECRET, change.format(prove(SECRET, CalendarKey("0" * 32)))) is None


# Keys


def test_a_calendars_key_is_stable_and_gives_nothing_away() -> None:
    """Ids that differ in case are different calendars."""
    calendar = Calendar(ACCOUNT, "AAMkAD=")
    assert calendar.key == Calendar(Account(OUTLOOK, "tenant.object"), "AAMkAD=").key
    others = {Calendar(ACCOUNT, "aamkad="), Calendar(Account(GOOGLE, "tenant.object"), "AAMkAD=")}
    assert calendar.key not in {other.key for other in others}
    assert len(calendar.key) == 32
    assert "AAMk" not in calendar.key


@given(st.text(min_size=1))
def test_an_account_is_read_back_from_its_name(subject: str) -> None:
    account = Account(OUTLOOK, subject)
    assert Account.parse(str(account)) == account

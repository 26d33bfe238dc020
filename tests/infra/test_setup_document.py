"""docs/setup-azure.md sets what main.parameters.json reads, and uses nothing before it is there."""

import json
import re

from tests.infra.bicep import INFRA, MAIN, ROOT, read

TEXT = (ROOT / "docs" / "setup-azure.md").read_text("utf-8")
FILLED = set(re.findall(r"\$\{([A-Z0-9_]+)", (INFRA / "main.parameters.json").read_text("utf-8")))


def commands() -> str:
    blocks = re.findall(r"^ *```\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 10
    return "\n".join(blocks)


def set_with(verb: str) -> list[str]:
    return re.findall(rf"azd env {verb} ([A-Z_]+)", commands())


def test_what_is_set_is_read_and_secrets_are_set_as_secrets() -> None:
    secure = {
        variable
        for name, item in json.loads((INFRA / "main.parameters.json").read_text("utf-8"))[
            "parameters"
        ].items()
        for variable in re.findall(r"\$\{([A-Z0-9_]+)", item["value"])
        if name in read(MAIN).secure
    }
    assert set(set_with("set-secret")) <= secure
    assert set(set_with("set")) <= FILLED - secure


def test_what_is_asked_of_the_environment_is_put_out() -> None:
    assert set(re.findall(r"azd env get-value (\w+)", TEXT)) <= set(read(MAIN).outputs)


def test_a_budget_is_set_with_its_first_day() -> None:
    assert {"MONTHLY_BUDGET", "BUDGET_START"} <= set(set_with("set"))
    assert re.search(r"BUDGET_START \d{4}-\d\d-01$", commands(), re.MULTILINE)


def test_what_makes_a_secret_comes_before_it_is_asked_for() -> None:
    for name, maker in (("CRM_WEBHOOK_SECRET", "whsec_"), ("NOTIFICATION_SECRET", "urlsafe")):
        assert commands().index(maker) < commands().index(f"set-secret {name}")


def test_no_variable_of_the_shell_is_used_before_it_is_set() -> None:
    for name in set(re.findall(r"\$([A-Z_]+)\b", commands())):
        made = re.search(rf"^ *{name}=", commands(), re.MULTILINE)
        used = re.search(rf"\${name}\b", commands())
        assert made is not None, name
        assert used is not None, name
        assert made.start() < used.start(), name


def test_an_upgrade_and_a_roll_back_provision_too() -> None:
    for title in ("Upgrade", "Roll back"):
        section = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
        assert "azd provision --preview\nazd up\n" in section


def test_links_lead_to_headings_that_are_there() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    known = {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}
    inside = set(re.findall(r"\]\(#([\w-]+)\)", TEXT))
    readme = (INFRA / "README.md").read_text("utf-8")
    from_readme = set(re.findall(r"setup-azure\.md#([\w-]+)\)", readme))
    assert inside
    assert inside | from_readme <= known

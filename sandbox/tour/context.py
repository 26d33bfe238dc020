"""What the steps share."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.stack import Service
from sandbox.tour.client import Person
from sandbox.tour.crm import Crm
from sandbox.tour.google import Google
from sandbox.tour.narration import Narrator
from sandbox.tour.outlook import Outlook
from sandbox.tour.storage import Storage

ADELE = "adele.vance@contoso.example"
"""The mailbox that Agnes connects."""

GINA = "gina.work@fabrikam.example"
"""The Google account that Agnes connects besides."""

LOCATION = "loc-berlin"


@dataclass(frozen=True)
class Tour:
    """Agnes and Ben are users of the CRM at one location, `crm` is its service there.

    `file` is the real calendar.
    """

    service: Service
    say: Narrator
    outlook: Outlook
    google: Google
    storage: Storage
    agnes: Person
    ben: Person
    crm: Crm
    file: Path

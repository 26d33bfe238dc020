"""What programs are made of. Each operation reads like a line of one."""

from typing import ClassVar, Protocol

from tests.flows.convergence.scene import Scene


class Operation(Protocol):
    """`edits`: whether it changes what somebody wants, besides disturbing how it comes about.

    `run` says whether something came of it: an event may be gone by then, or a request be refused.
    """

    edits: ClassVar[bool]

    async def run(self, scene: Scene) -> bool: ...

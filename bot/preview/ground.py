"""What a room stands on, and whether it may open there at all."""

import ipaddress
from dataclasses import dataclass

from pipeline.errors import CouncilError


class RoomRefused(CouncilError):
    """The room does not open as it was asked to."""


@dataclass(frozen=True)
class Ground:
    """The system of record behind the answers."""

    name: str
    """What people call it: `the demo company`, `Salesforce`."""
    is_real: bool
    """Whether a company works in it: then a room opens over it only when asked by name, and read-only."""
    can_write: bool
    """Whether the answers can change it."""


DEMO = Ground("the demo company", is_real=False, can_write=True)


def check_ground(ground: Ground, *, allow_real_crm: bool) -> None:
    """Whoever opens the room is nobody in particular, so a real CRM is never at their mercy."""
    if not ground.is_real:
        return
    if not allow_real_crm:
        raise RoomRefused(
            f"The local room does not open over {ground.name}: whoever sits at this machine could be anybody "
            "in it. To look around read-only, ask for the real CRM by name."
        )
    if ground.can_write:
        raise RoomRefused(f"Over {ground.name} the local room is read-only, and these answers could write.")


def check_loopback(host: str) -> str:
    """The address to listen on, if it cannot be reached from another machine."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise RoomRefused(
            f"The local room listens on this machine alone: 127.0.0.1, ::1 or localhost, not {host!r}."
        )
    return str(address)

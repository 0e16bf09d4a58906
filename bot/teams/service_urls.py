"""Addresses at which the Bot Connector asks to be answered: the bot's own token goes wherever they lead."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from yarl import URL


def same_address(one: str, other: str) -> bool:
    """Whether two service addresses are one; Microsoft writes them with and without a stroke at the end."""
    return one.rstrip("/").casefold() == other.rstrip("/").casefold()


def is_allowed(address: str, service_hosts: Iterable[str]) -> bool:
    """Whether an address is on the list (see `Authorities.service_hosts`)."""
    url = _read(address)
    return url is not None and any(_is_at(url, allowed) for allowed in service_hosts)


def is_loopback_url(address: str) -> bool:
    """Whether an address leads to this machine alone."""
    url = _read(address)
    return url is not None and is_loopback_host(url.host or "")


def is_loopback_host(host: str) -> bool:
    """Whether a host (a name or an IP address, without its port) is this machine."""
    if host.casefold() == "localhost":
        return True
    try:
        ip: IPv4Address | IPv6Address = ip_address(host)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback


def _read(address: str) -> URL | None:
    try:
        url = URL(address)
        absolute = url.scheme in ("http", "https") and bool(url.host) and url.port is not None
    except (ValueError, TypeError):
        return None
    readable = absolute and url.user is None and url.password is None and "\\" not in address
    return url if readable else None


def _is_at(url: URL, allowed: str) -> bool:
    host = (url.host or "").casefold()
    if "://" in allowed:
        return url.origin() == URL(allowed).origin()
    if url.scheme != "https" or url.port != 443:
        return False
    if allowed.startswith("*."):
        return host.endswith(allowed[1:].casefold())
    return host == allowed.casefold()

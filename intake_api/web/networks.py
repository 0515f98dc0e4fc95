"""Which network a request came from. The address itself goes no further than this (M-06).

Whose address stands in a request is decided before: it is the connection's, or what as many proxies as the settings
name say about it (`VESTIBULE_PROXIES`).
"""

import ipaddress

from flask import request

HOUSEHOLD_V6 = 64  # one IPv6 household has so much to itself, and changes addresses within it as it likes


def network_asking(*, v4: int, elsewhere: bool = False) -> str | None:
    """Return the network of the present request: so many bits of an IPv4 address, /64 of IPv6; None if it has none.

    :param elsewhere: this machine itself counts as none.
    """
    address = _address()
    if address is None or (elsewhere and address.is_loopback):
        return None
    size = HOUSEHOLD_V6 if address.version == 6 else v4
    return str(ipaddress.ip_network((address, size), strict=False))


def _address() -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(_without_port(request.remote_addr or ""))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _without_port(address: str) -> str:
    """Return an address alone: some proxies write 192.0.2.1:51234 or [2001:db8::1]:51234."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address if address.count(":") > 1 else address.partition(":")[0]

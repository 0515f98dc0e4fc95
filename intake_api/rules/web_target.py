"""Which addresses we may send a lead to: public ones, over TLS (SEC-34). Pure: names are resolved by the caller.

A webhook address is typed by an operator, yet it must not turn this service into a way into its own network: not by a
mistake, not by a name that resolves to something else on the second look.
"""

import ipaddress
import re
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = (443, 8443)
# Stricter than the standards: what is odd here would only be read differently somewhere else.
TARGET = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<user>[^/?#@]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[!-~]*?)"
    r"(:(?P<port>[0-9]{1,5}))?(?P<path>/[!$-~]*?)?(?P<query>\?[!$-~]*?)?"
)
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}\Z)({LABEL}\.)*(?=[a-z]){LABEL}", re.IGNORECASE)

# `is_global` of the standard library changed between releases; what matters here is said here.
NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # "this host"
        "100.64.0.0/10",  # carrier-grade NAT; a cloud's metadata lives at 100.100.100.200
        "168.63.129.16/32",  # a cloud's metadata at an address that looks public
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4: carries an IPv4 address inside
        "3fff::/20",
    )
)
# Only this part of IPv6 is given out for public use: mapped, NAT64, local and multicast addresses lie outside it.
PUBLIC_V6 = ipaddress.ip_network("2000::/3")


@dataclass(frozen=True)
class WebTarget:
    """A parsed destination address. `path` begins with a slash and keeps the query."""

    tls: bool
    host: str
    port: int
    path: str


class TargetRefused(Exception):
    """The address may not be called; `code` says which rule it breaks."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_target(url: str, *, allow_loopback: bool = False) -> WebTarget:
    """Take a destination address apart.

    `allow_loopback` is the development setting: it admits http and any port, for a loopback host only.

    :raises TargetRefused: not https, a user name in it, an odd port, or a host that is not a plain name or address.
    """
    parts = TARGET.fullmatch(url)
    if parts is None:
        raise TargetRefused("address_malformed")
    scheme, host = parts["scheme"].lower(), parts["host"].strip("[]")
    if scheme not in ("http", "https"):
        raise TargetRefused("scheme_not_https")
    if parts["user"]:
        raise TargetRefused("user_in_address")
    if not HOST.fullmatch(host) and not _literal(host):
        raise TargetRefused("host_malformed")
    local = allow_loopback and (host == "localhost" or _is_loopback(_literal(host)))
    if scheme == "http" and not local:
        raise TargetRefused("scheme_not_https")
    port = int(parts["port"] or (443 if scheme == "https" else 80))
    if port not in PORTS and not (local and 0 < port < 65536):
        raise TargetRefused("port_not_allowed")
    return WebTarget(tls=scheme == "https", host=host, port=port, path=(parts["path"] or "/") + (parts["query"] or ""))


def is_public(address: Address) -> bool:
    """Say whether an address is one of the open internet, reached as what it looks like."""
    if any(address.version == network.version and address in network for network in NEVER):
        return False
    if address.version == 6:
        return address in PUBLIC_V6
    return address.is_global and not address.is_multicast


def may_connect(address: Address, *, allow_loopback: bool = False) -> bool:
    """Say whether we may connect to this resolved address; loopback only by the development setting."""
    return is_public(address) or (allow_loopback and _is_loopback(address))


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(address: Address | None) -> bool:
    return address is not None and address.is_loopback

"""Who may use the server: only a page that this server gave to a browser on this machine.

A page of another site can send requests to this machine, also under a name of its own that it lets point here (DNS
rebinding). Such a request has another Host or Origin, and does not know the token.
"""

import re
import secrets
from email.message import Message
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", re.IGNORECASE)
_OWN_SITES = ("same-origin", "none")
"""Values of Sec-Fetch-Site: sent by a page of this server, or by the user."""


def new_token() -> str:
    """A random token of 256 bits that can stand in a URL."""
    return secrets.token_urlsafe(32)


def has_token(target: str, token: str) -> bool:
    """Whether the query of a request's target has the token, compared in constant time, and no second one."""
    try:
        given = parse_qs(urlsplit(target).query).get("token", [])
    except ValueError:  # as http://[ is no URL
        return False
    return len(given) == 1 and secrets.compare_digest(given[0].encode(), token.encode())


def is_for_loopback(headers: Message) -> bool:
    """Whether the one header Host names this machine; the port may be another one, as of a tunnel by ssh."""
    hosts = headers.get_all("Host", [])
    return len(hosts) == 1 and _LOOPBACK_HOST.fullmatch(hosts[0].strip()) is not None


def is_of_own_page(headers: Message) -> bool:
    """Whether a request comes from a page of this server, as far as the browser says where it is from."""
    own = f"http://{headers.get('Host', '').strip()}".lower()
    origins, sites = headers.get_all("Origin", []), headers.get_all("Sec-Fetch-Site", [])
    return all(each.lower() == own for each in origins) and all(each in _OWN_SITES for each in sites)

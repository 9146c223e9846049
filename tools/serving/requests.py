"""What a request says in its body, and how one is refused."""

import json
from collections.abc import Mapping
from email.message import Message
from http import HTTPStatus
from io import BufferedIOBase

LARGEST_BODY = 1 << 20
"""Bytes; ten thousand corrections have 300 kB."""
JSON = "application/json"


class RequestError(Exception):
    """A request that is answered by a status and one line.

    Attributes:
        status: of the answer.
        headers: of the answer, besides those of all answers.
    """

    def __init__(self, status: HTTPStatus, line: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(line)
        self.status, self.headers = status, headers or {}


def read_lines(headers: Message, body: BufferedIOBase) -> list[str]:
    """The corrections in the body of a request, `{"lines": ["swap 120 3 8", ...]}` in JSON.

    Raises:
        RequestError: the body is something else, is too large, or its length is not stated.
    """
    length = _length(headers)
    try:
        content = json.loads(body.read(length))
    except (ValueError, RecursionError):
        content = None
    lines = content.get("lines") if isinstance(content, dict) else None
    if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
        raise RequestError(HTTPStatus.BAD_REQUEST, 'expected {"lines": ["...", ...]} in JSON')
    if any(len(each.splitlines()) > 1 for each in lines):
        raise RequestError(HTTPStatus.BAD_REQUEST, "a correction is one line")
    return lines


def _length(headers: Message) -> int:
    """The length of the body in bytes."""
    stated = headers.get_all("Content-Length", [])
    if headers.get_content_type() != JSON:
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected {JSON}")
    if len(stated) != 1 or "Transfer-Encoding" in headers:
        raise RequestError(HTTPStatus.LENGTH_REQUIRED, "the length of the body must be stated")
    if not (stated[0].isascii() and stated[0].isdecimal()):
        raise RequestError(HTTPStatus.BAD_REQUEST, "the length of the body is malformed")
    if len(stated[0]) > len(str(LARGEST_BODY)) or int(stated[0]) > LARGEST_BODY:
        raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {LARGEST_BODY} bytes")
    return int(stated[0])

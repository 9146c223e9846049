"""The page: one HTML file with style, program and data inside, which needs no network."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

PROGRAM, STYLE, LICENCES = "report.js", "report.css", "LICENSES"


def html_page(data: Mapping[str, Any], served: bool = False) -> str:
    """The page that shows data of a report.

    The content security policy allows the one program inside by its hash, pictures and videos in the data, and the
    video beside the page. A served page may also send requests to where it comes from. The licences of what the program
    contains are in the page, as it may be passed on alone.

    Args:
        data: as `build_report_data` returns it.
        served: whether a server of this program sends the page.
    """
    program, style, text = _static(PROGRAM), _static(STYLE), json_text(data)
    policy = {
        "default-src": "'none'",
        "img-src": "data: blob:",
        "media-src": "'self' data: blob:" + ("" if served else " file:"),
        "style-src": "'unsafe-inline'",
        "script-src": f"'sha256-{_sha256(program)}'",
        "connect-src": "'self'" if served else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    rules = "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{rules}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{html.escape(str(data['name']))} - siamlink report</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            '<div id="report"></div>',
            "<noscript>This report needs JavaScript.</noscript>",
            f'<script type="application/json" id="report-data">{text}</script>',
            f'<script type="text/plain" id="licences">{_static(LICENCES)}</script>',
            f"<script>{program}</script>",
            "</body>",
            "</html>",
            "",
        )
    )


def json_text(data: Mapping[str, Any]) -> str:
    """Data as JSON that can stand inside a script element: without `<`, and without NaN.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _static(name: str) -> str:
    """A file of the bundle; nothing in it may end its element inside the page."""
    text = (files(__package__) / "static" / name).read_text(encoding="utf-8")
    assert not re.search("</(script|style)|<!--", text, re.IGNORECASE), f"{name} cannot stand in a page"
    return text.replace("\r\n", "\n")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")

"""The HTML of a report."""

import base64
import hashlib
import re

import pytest

from siamlink.tools.report.html_page import html_page, json_text


def test_the_policy_allows_the_program_inside_and_nothing_from_elsewhere() -> None:
    text = html_page({"name": "street"})
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    (program,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(program.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert (rules["default-src"], rules["connect-src"]) == ("'none'", "'none'")
    assert "http" not in policy
    served = html_page({"name": "street"}, served=True)
    assert "connect-src 'self'" in served
    assert "file:" not in served.split("</head>")[0].split("<style>")[0]


def test_data_is_strict_json_without_markup() -> None:
    assert json_text({"name": "</script>"}) == '{"name":"\\u003c/script>"}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"speed": float("nan")})


def test_the_licences_of_the_program_are_in_the_page() -> None:
    pattern = r'<script type="text/plain" id="licences">(.*?)</script>'
    (licences,) = re.findall(pattern, html_page({"name": "street"}), re.DOTALL)
    for part in ("preact", "Permission is hereby granted", "htm", "Apache License"):
        assert part in licences

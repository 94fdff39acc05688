"""In which language is a request answered, and as what? And the JSON that came with it."""

import json
from typing import Any

from aiohttp import web

from tools.gateway.pages import account_page


def spoken(request: web.Request) -> str:
    """Return the reader's language: da, or en."""
    return account_page.lang(request.query.get("lang"), request.cookies.get("lang"))


def html(page: str) -> web.Response:
    """Return a page."""
    return web.Response(text=page, content_type="text/html")


def csv_file(text: str, name: str) -> web.Response:
    """Return a spreadsheet to be kept as `name`: with the mark by which Excel knows UTF-8."""
    return web.Response(body=("\ufeff" + text).encode(), content_type="text/csv", charset="utf-8",
                        headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def json_of(request: web.Request) -> Any:
    """Return the JSON that was posted, None for what cannot be read."""
    try:
        return json.loads(await request.text())
    except (ValueError, RecursionError, LookupError):  # LookupError: an encoding that does not exist
        return None

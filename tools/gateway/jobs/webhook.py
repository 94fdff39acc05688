"""How does a webhook leave the house? One POST of JSON; any answer from 200 to 299 means that it was taken."""

import ssl

import aiohttp

from tools.gateway.jobs import reasons


async def post(url: str, text: str, context: ssl.SSLContext | None) -> str:
    """POST `text`, which is JSON, to `url`; return "" or why it was not taken. The caller keeps the time.

    A login stands in the URL, with %40 for an @ in it. Redirections are not followed: they would take it elsewhere.
    """
    headers = {"Content-Type": "application/json"}
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context or True)) as session:
            async with session.post(url, data=text.encode(), headers=headers, allow_redirects=False) as answer:
                return "" if 200 <= answer.status < 300 else _said(answer.status)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return reasons.why(error)


def _said(status: int) -> str:
    if status in (401, 403):
        return "it refuses the login"
    return f"it answers {status}"

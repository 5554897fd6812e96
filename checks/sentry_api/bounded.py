"""One exchange of HTTP whose size and time are bounded, whatever the server does: drips, endless bodies, compressed bombs."""

from __future__ import annotations

import asyncio

import httpx

HOP_HEADERS = ("content-encoding", "content-length", "transfer-encoding")


async def send_bounded(
    http: httpx.AsyncClient, request: httpx.Request, *, limit: int, seconds: float
) -> httpx.Response:
    """Send a request and read its answer, at most `limit` bytes (unpacked) within `seconds` in all.

    httpx's own timeout is for each read (https://www.python-httpx.org/advanced/timeouts/), so that a byte now and then would
    keep it waiting for ever. Raises `httpx.HTTPError`.
    """
    try:
        async with asyncio.timeout(seconds):
            response = await http.send(request, stream=True)
            try:
                chunks, size = [], 0
                async for chunk in response.aiter_bytes():
                    size += len(chunk)
                    if size > limit:
                        raise httpx.ReadError("the answer is too large")
                    chunks.append(chunk)
            finally:
                await response.aclose()
    except TimeoutError as error:
        raise httpx.ReadTimeout("the answer took too long") from error
    headers = [(k, v) for k, v in response.headers.multi_items() if k.lower() not in HOP_HEADERS]
    return httpx.Response(response.status_code, headers=headers, content=b"".join(chunks), request=request)

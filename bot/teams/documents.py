"""JSON documents of Microsoft's authorities: read whole, with an end in time and in size."""

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import aiohttp

Json = Mapping[str, Any]

LONGEST_DOCUMENT = 1_000_000
"""Bytes. The keys of the Bot Framework are a few thousand."""


class Unread(Exception):
    """No document came. `str` says why in a few words, and nothing of what was sent."""


@dataclass(frozen=True)
class Document:
    """What an authority answered."""

    status: int
    data: Json


async def read_document(asked: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> Document:
    """The answer to one request, whatever its status. Raises `Unread`."""
    try:
        async with asked as response:
            body = await _read_whole(response)
            status = response.status
    except TimeoutError as late:
        raise Unread("no answer in time") from late
    except (aiohttp.ClientError, OSError) as broken:
        raise Unread(f"no connection ({type(broken).__name__})") from broken
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as garbage:
        raise Unread(f"no JSON (HTTP {status})") from garbage
    if not isinstance(data, dict):
        raise Unread(f"no JSON object (HTTP {status})")
    return Document(status, data)


async def _read_whole(response: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for piece in response.content.iter_any():
        read += piece
        if len(read) > LONGEST_DOCUMENT:
            raise Unread("too long a document")
    return bytes(read)

"""An agent as the official SDK makes one: it speaks to a served API over a socket."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent, Tool

T = TypeVar("T")


class Agent:
    """Talks MCP as the holder of a key; each question is a connection of its own."""

    def __init__(self, url: str, headers: Mapping[str, str], mode: str = "auto") -> None:
        self._url = f"{url}/mcp"
        self._headers = dict(headers)
        self._mode = mode

    def ask(self, talk: Callable[[Client], Awaitable[T]]) -> T:
        """What ``talk`` finds out on a connection."""

        async def connected() -> T:
            """The talk, and the end of the connection."""
            async with httpx2.AsyncClient(headers=self._headers, timeout=30) as http:
                transport = streamable_http_client(self._url, http_client=http)
                async with Client(transport, mode=self._mode) as client:
                    return await talk(client)

        return asyncio.run(connected())

    def tools(self) -> dict[str, Tool]:
        """The tools that are listed, by name."""

        async def listed(client: Client) -> list[Tool]:
            """The first page; there is one."""
            return (await client.list_tools()).tools

        return {tool.name: tool for tool in self.ask(listed)}

    def call(self, name: str, **arguments: object) -> CallToolResult:
        """The answer of a tool."""

        async def called(client: Client) -> CallToolResult:
            """One call."""
            return await client.call_tool(name, arguments)

        return self.ask(called)

    def call_all(self, calls: Mapping[str, Mapping[str, object]]) -> dict[str, CallToolResult]:
        """The answers of several tools on one connection, by name."""

        async def called(client: Client) -> dict[str, CallToolResult]:
            """One call after the other."""
            return {
                name: await client.call_tool(name, dict(arguments))
                for name, arguments in calls.items()
            }

        return self.ask(called)


def text_of(result: CallToolResult) -> str:
    """What the answer says in words."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def arguments_for(tool: Tool, known: Mapping[str, object]) -> dict[str, object]:
    """The fewest arguments that a tool takes, out of what is ``known``."""
    return {name: known[name] for name in tool.input_schema.get("required", ())}

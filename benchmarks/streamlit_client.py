"""A browser's tab without the browser: Streamlit's own protocol, spoken over its WebSocket.

A `Tab` has cookies of its own, keeps what the server draws, and sends what a browser sends: the states of the widgets with
every run, the address as bound widgets change it, the hashes of the large messages that it remembers, and runs of the
fragments that run by the clock. One run is asked for at a time, so that the run that ends is the one that was asked for:
whoever clicks while a fragment runs by the clock waits for its end, and the clock of the click goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLsResponse
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Origin, Subprotocol

from benchmarks.streamlit_widgets import VALUES, Node, begins_with, state_of

PATIENCE: Final = 60.0  # seconds without an answer, after which there is none
TICK: Final = 0.1  # seconds between looks at what runs by the clock
LARGEST: Final = 256 * 2**20  # bytes of a message
EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN
Place = tuple[int, ...]  # in the page, block in block


class Lost(ConnectionError):
    """The server let go of the connection, or cannot be reached."""


def loopback(url: str) -> str:
    """The address without a path, if it is one of this machine for itself.

    Raises:
        ValueError: it is not, or not plain HTTP.

    >>> loopback("http://127.0.0.1:8501/rank")
    'http://127.0.0.1:8501'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    with suppress(ValueError):
        if parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback):
            return f"http://{f'[{host}]' if ':' in host else host}:{parts.port or 80}"
    raise ValueError(f"{url} is no http address of this machine's loopback; people are sent nowhere else.")


class Tab:
    """One tab of one browser.

    Attributes:
        nodes: what stands on the page.
        pages: the hash of each page's script, by the name in its address; "" is the first page.
        query: the part of the address after the question mark.
        trouble: exceptions that were shown, and other faults, since they were taken last.
        alerts: what was shown in red otherwise: sentences about what cannot be.
        waits: seconds that a progress bar stood on the page, each time until its result was drawn.
        looks: seconds of each run by the clock.
    """

    def __init__(
        self, url: str, watch: Callable[[bytes], None] = lambda data: None, patience: float = PATIENCE
    ) -> None:
        """A tab at a loopback address; `watch` is shown every message as it came."""
        self.url, self.patience, self._watch = loopback(url), patience, watch
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy between a machine and itself
        self.trouble: list[str] = []
        self.alerts: list[str] = []
        self.waits: list[float] = []
        self.looks: list[float] = []
        self._turn = asyncio.Lock()
        self._clear()

    def _clear(self) -> None:
        """Nothing is known of the page yet."""
        self.nodes: dict[Place, Node] = {}
        self.states: dict[str, WidgetState] = {}
        self.pages: dict[str, str] = {}
        self.query = self.page = self._main = self._session = self._run = ""
        self._fragments: frozenset[str] = frozenset()
        self._known: dict[str, tuple[ForwardMsg, int]] = {}  # large messages by hash, and when they were of use last
        self._runs, self._max_age = 0, 2
        self._clocks: dict[str, tuple[float, float]] = {}  # by fragment: every so many seconds, and when next
        self._done: asyncio.Future[float] | None = None
        self._begun = False
        self._files: asyncio.Future[FileURLsResponse] | None = None
        self._waiting_since: float | None = None
        self._socket: ClientConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # --- coming and going ---------------------------------------------------------------------------------------------

    async def open(self, page: str = "", query: str = "") -> float:
        """Load a page, as when its address is entered: seconds from the first request to the end of the first run."""
        began = time.perf_counter()
        self._clear()
        self.query = query
        await asyncio.to_thread(self._cookies, page)
        pairs = {cookie.name: cookie.value for cookie in self.http.cookies}
        try:
            self._socket = await connect(
                f"{self.url.replace('http', 'ws', 1)}/_stcore/stream",
                subprotocols=[Subprotocol("streamlit"), Subprotocol(pairs.get("_streamlit_xsrf") or "none")],
                additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in pairs.items())},
                origin=Origin(self.url),
                max_size=LARGEST,
                proxy=None,
                open_timeout=self.patience,
                ping_interval=None,  # a browser does not give up a server that is slow
            )
        except WebSocketException as error:
            raise Lost(str(error)) from error
        self._tasks = [asyncio.create_task(self._listen(self._socket)), asyncio.create_task(self._by_the_clock())]
        await self.run(name=page)
        return time.perf_counter() - began

    def _cookies(self, page: str) -> None:
        """Fetch the page itself, which brings the person's cookie, and ask for health, which brings Streamlit's."""
        for path in (page, "_stcore/health"):
            self.http.get(f"{self.url}/{path}", timeout=self.patience).raise_for_status()

    async def close(self) -> None:
        """Close the tab; its cookies stay."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        self._socket = None

    @property
    def lost(self) -> bool:
        """Whether there is no connection."""
        return self._socket is None

    async def leave(self) -> None:
        """Close the tab and forget its cookies."""
        await self.close()
        self.http.close()

    # --- what a person does -------------------------------------------------------------------------------------------

    def every(self, kind: str, *, key: str = "", label: str = "") -> list[Node]:
        """The widgets that are so called and can be used, in the order of the page; a key may be given by its beginning."""
        return [
            node
            for path, node in sorted(self.nodes.items())
            if node.kind == kind
            and node.key.startswith(key)
            and (not label or node.proto.label == label)
            and not getattr(node.proto, "disabled", False)
        ]

    def find(self, kind: str, *, key: str = "", label: str = "") -> Node | None:
        """The first of them."""
        return next(iter(self.every(kind, key=key, label=label)), None)

    def value(self, node: Node) -> Any:
        """What a widget is set to."""
        state = self.states.get(node.id, WidgetState())
        name = state.WhichOneof("value")
        value = getattr(state, name) if name else None
        return list(value.data) if name == "string_array_value" and value is not None else value

    async def set(self, node: Node, value: Any) -> float:
        """Set a widget: seconds until the script has run."""
        self.states[node.id] = state_of(node, value)
        key = getattr(node.proto, "query_param_key", "")
        if key:
            params = parse_qs(self.query, keep_blank_values=True)
            params.pop(key, None)
            if value != begins_with(node):
                params[key] = [str(each) for each in (value if isinstance(value, list) else [value])]
            self.query = urlencode(params, doseq=True)
        return await self.run(fragment=node.fragment)

    async def press(self, node: Node) -> float:
        """Press a button."""
        return await self.run(fragment=node.fragment, pressed=WidgetState(id=node.id, trigger_value=True))

    async def go(self, page: str) -> float:
        """Go to another page: what is set outside of pages stays, and so does what it says in the address."""
        if page not in self.pages:
            raise Lost("no page was drawn that leads to others")
        stays = [node for node in self.nodes.values() if node.script == self._main and node.id]
        self.states = {node.id: self.states[node.id] for node in stays if node.id in self.states}
        bound = {getattr(node.proto, "query_param_key", "") for node in self.nodes.values()} - {""}
        params = parse_qs(self.query, keep_blank_values=True)
        self.query = urlencode({key: value for key, value in params.items() if key in bound}, doseq=True)
        self._clocks.clear()
        return await self.run(page=self.pages[page])

    async def upload(self, node: Node, name: str, data: bytes) -> float:
        """Put a file into a box for files."""
        began = time.perf_counter()
        async with asyncio.timeout(self.patience), self._turn:
            self._files = asyncio.get_running_loop().create_future()
            message = BackMsg()
            message.file_urls_request.request_id = str(uuid.uuid4())
            message.file_urls_request.session_id = self._session
            message.file_urls_request.file_names.append(name)
            await self._send(message)
            urls = (await self._files).file_urls[0]
            await asyncio.to_thread(self._put, urls.upload_url, name, data)
        state = WidgetState(id=node.id)
        state.file_uploader_state_value.uploaded_file_info.add(
            name=name, size=len(data), file_id=urls.file_id, file_urls=urls
        )
        self.states[node.id] = state
        await self.run(fragment=node.fragment)
        return time.perf_counter() - began

    def _put(self, path: str, name: str, data: bytes) -> None:
        """Send the file."""
        token = {"X-Xsrftoken": self.http.cookies.get("_streamlit_xsrf") or ""}
        answer = self.http.put(self.url + path, files={"file": (name, data)}, headers=token, timeout=self.patience)
        answer.raise_for_status()

    async def run(
        self,
        *,
        page: str = "",
        name: str = "",
        fragment: str = "",
        pressed: WidgetState | None = None,
        by_clock: bool = False,
    ) -> float:
        """Have the script or a fragment run, with what follows of itself: seconds until the last of it has ended.

        Raises:
            TimeoutError: there was no end of it.
            Lost: the connection was.
        """
        began = time.perf_counter()
        async with asyncio.timeout(self.patience), self._turn:
            message = BackMsg()
            asked = message.rerun_script
            asked.query_string, asked.page_script_hash, asked.page_name = self.query, page or self.page, name
            asked.fragment_id, asked.is_auto_rerun = fragment, by_clock
            asked.cached_message_hashes.extend(self._known)
            asked.widget_states.widgets.extend([*self.states.values(), *([pressed] if pressed else [])])
            browser = asked.context_info
            here = next((path for path, known in self.pages.items() if known == self.page), name)
            browser.timezone, browser.locale, browser.color_scheme = "UTC", "en", "light"
            browser.url = f"{self.url}/{here}"
            if not by_clock:
                self._waiting_since = None
            self._done, self._begun = asyncio.get_running_loop().create_future(), False
            await self._send(message)
            return await self._done - began

    async def _send(self, message: BackMsg) -> None:
        """Send a message."""
        if self._socket is None:
            raise Lost("the tab is closed")
        try:
            await self._socket.send(message.SerializeToString())
        except ConnectionClosed as error:
            raise Lost(str(error)) from error

    async def _by_the_clock(self) -> None:
        """Run the fragments that ask for it, unless something runs already."""
        while True:
            await asyncio.sleep(TICK)
            for fragment, (every, due) in list(self._clocks.items()):
                if time.monotonic() >= due and not self._turn.locked():
                    self._clocks[fragment] = (every, time.monotonic() + every)
                    try:
                        self.looks.append(await self.run(fragment=fragment, by_clock=True))
                    except TimeoutError:
                        self.trouble.append(f"a run by the clock had no end in {self.patience:g} s")
                    except (Lost, ValueError) as error:
                        self.trouble.append(str(error))
                        return

    # --- what the server says -----------------------------------------------------------------------------------------

    async def _listen(self, socket: ClientConnection) -> None:
        """Take in messages until there are no more; whoever waits is told what went wrong."""
        ended: Exception = Lost("connection lost")
        try:
            async for data in socket:
                if isinstance(data, bytes):
                    self._watch(data)
                    self._take(ForwardMsg.FromString(data))
        except ConnectionClosed as error:
            ended = Lost(f"connection lost: {error}")
        except Exception as error:  # a message that is not understood: told too, or everybody would wait in vain
            ended = ValueError(f"a message that is not understood: {error!r}")
        for waiting in (self._done, self._files):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ended)
        self._socket = None
        await socket.close()

    def _take(self, message: ForwardMsg) -> None:
        """Take in one message."""
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            message = self._remembered(message)
            kind = message.WhichOneof("type")
        elif message.metadata.cacheable and message.hash:
            self._known.setdefault(message.hash, (message, self._runs))
        if kind == "delta":
            self._draw(message)
        elif kind == "new_session":
            self._new_run(message)
        elif kind == "script_finished":
            self._finished(message)
        elif kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            self.page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            every = message.auto_rerun.interval
            self._clocks.setdefault(message.auto_rerun.fragment_id, (every, time.monotonic() + every))
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._clocks.pop(fragment, None)
        elif kind == "file_urls_response" and self._files is not None:
            self._files.set_result(message.file_urls_response)
        elif kind == "page_not_found":
            self.trouble.append("page not found")
        elif kind == "session_event" and message.session_event.HasField("script_compilation_exception"):
            self.trouble.append(f"does not compile: {message.session_event.script_compilation_exception.message}")

    def _remembered(self, message: ForwardMsg) -> ForwardMsg:
        """The message that a hash stands for, at the place that the new one names."""
        if message.ref_hash not in self._known:
            raise ValueError(f"the server thinks that message {message.ref_hash} is known here")
        known, _ = self._known[message.ref_hash]
        self._known[message.ref_hash] = (known, self._runs)
        found = ForwardMsg(delta=known.delta)
        found.metadata.CopyFrom(message.metadata)
        return found

    def _new_run(self, message: ForwardMsg) -> None:
        """A run begins."""
        self._session, self._main = message.new_session.initialize.session_id, message.new_session.main_script_hash
        self._max_age = message.new_session.config.max_cached_message_age
        self._run, self._fragments = message.metadata.run.script_run_id, frozenset(message.metadata.run.fragment_ids)
        self._begun = True
        if not self._fragments:
            self._clocks.clear()
            self.page = message.new_session.page_script_hash

    def _draw(self, message: ForwardMsg) -> None:
        """Put an element where it belongs."""
        delta, path = message.delta, tuple(message.metadata.delta_path)
        what = delta.WhichOneof("type")
        if what not in ("new_element", "add_block"):
            return
        drawn = getattr(delta, what)
        kind = drawn.WhichOneof("type") or ""
        proto = getattr(drawn, kind) if kind else drawn
        node = Node(kind, proto, message.metadata.active_script_hash, delta.fragment_id, self._run)
        self.nodes[path] = node
        if kind == "exception" and not proto.is_warning:
            self.trouble.append(f"exception on the page: {proto.type or 'of a kind'} {proto.message}".strip())
        elif kind == "alert" and proto.format == proto.ERROR:
            self.alerts.append(proto.body)
        elif node.id and kind in VALUES and (proto.set_value or node.id not in self.states):
            self.states[node.id] = state_of(node, begins_with(node, shown=True))

    def _finished(self, message: ForwardMsg) -> None:
        """A run ends: what it should have drawn and did not is gone. The next may follow of itself, or this was the last."""
        if message.script_finished == EARLY or message.metadata.run.script_run_id != self._run:
            return
        self._sweep()
        present = {node.id for node in self.nodes.values()}
        self.states = {key: state for key, state in self.states.items() if key in present}
        self._runs += 1
        self._known = {
            key: (known, used)
            for key, (known, used) in self._known.items()
            if self._runs - used <= self._max_age
            or (self._fragments and known.delta.fragment_id not in self._fragments)
        }
        now, waits = time.perf_counter(), any(node.kind == "progress" for node in self.nodes.values())
        if not waits and self._waiting_since is not None:
            self.waits.append(now - self._waiting_since)
        self._waiting_since = (self._waiting_since or now) if waits else None
        if self._begun and self._done is not None and not self._done.done():
            self._done.set_result(now)

    def _sweep(self) -> None:
        """Drop what is of earlier runs: everything after a whole run, the fragment's own after that of a fragment."""
        running = self._fragments
        self.nodes = {
            path: node
            for path, node in self.nodes.items()
            if node.run == self._run or (running and node.fragment not in running)
        }

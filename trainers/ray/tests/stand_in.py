"""The server's side of `/api/v1/jobs`, as small as it can be: what a job sees of Souk, for tests of the job.

What a job plays goes on to a real Souk, where one is named: `/env` byte by byte, `/api/v1/episodes` by a request.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Optional

TOKEN = "token-of-the-run"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Souk:
    """What the stand-in knows, was told, and how it misbehaves."""

    plan: dict[str, Any] = field(default_factory=dict)
    base: Optional[Path] = None
    # A real server's address and key, for what is played.
    real: Optional[str] = None
    key: Optional[str] = None
    # The answer to a line; by default to go on.
    word: Callable[[dict[str, Any]], str] = lambda line: "on"
    # Statuses that the next requests are answered with instead; 0 closes the connection without a word.
    faults: list[int] = field(default_factory=list)
    # Connections to the environment that are closed without a word.
    env_faults: int = 0
    # Answered to all from now on.
    fault: Optional[int] = None
    done: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)
    files: dict[tuple[int, str], bytes] = field(default_factory=dict)
    address: str = ""

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == kind]

    def serve(self) -> Souk:
        handler = type("Handler", (Handler,), {"souk": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{server.server_address[1]}"
        return self


class Handler(BaseHTTPRequestHandler):
    souk: Souk
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = self.path.strip("/").split("/")
        if parts[0] == "env" or parts[:3] == ["api", "v1", "episodes"]:
            return self.forward()
        if self.refused():
            return None
        souk = self.souk
        if parts[4:5] == ["base"] and souk.base:
            return self.say(200, (souk.base / urllib.parse.unquote(parts[5])).read_bytes())
        files = sorted(souk.base.iterdir()) if souk.base else []
        base = [{"name": f.name, "bytes": f.stat().st_size, "sha256": digest(f.read_bytes())} for f in files]
        spec = {"run": parts[3], "engine": "trl", "iteration": souk.done, "plan": souk.plan, "base": base}
        return self.say(200, json.dumps(spec).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.refused():
            return
        assert self.path.endswith("/lines") and self.headers["Content-Type"] == "application/x-ndjson"
        word = "on"
        for line in map(json.loads, body.splitlines()):
            self.souk.lines.append(line)
            if line["kind"] == "iteration":
                self.souk.done = line["number"]
            word = self.souk.word(line)
        self.say(200, json.dumps({"word": word}).encode())

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.refused():
            return
        *_, files, iteration, name = self.path.split("/")
        assert files == "files"
        self.souk.files[int(iteration), urllib.parse.unquote(name)] = body
        self.say(204, b"")

    def refused(self) -> bool:
        status = self.souk.fault
        if status is None and self.souk.faults:
            status = self.souk.faults.pop(0)
        if status is None and self.headers["Authorization"] != f"Bearer {TOKEN}":
            status = 401
        if status == 0:
            self.close_connection = True
        elif status is not None:
            self.say(status, b"{}")
        return status is not None

    def say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forward(self) -> None:
        """Has a real Souk answer, with its own key."""
        assert self.souk.real, "nothing is played here"
        self.close_connection = True
        if self.souk.env_faults > 0:
            self.souk.env_faults -= 1
            return
        real = urllib.parse.urlsplit(self.souk.real)
        own = {"authorization", "host", "connection"}
        kept = [f"{name}: {value}" for name, value in self.headers.items() if name.lower() not in own]
        is_socket = self.headers.get("Upgrade") is not None
        kept += [f"Host: {real.netloc}", f"Connection: {'Upgrade' if is_socket else 'close'}"]
        if self.souk.key:
            kept.append(f"Authorization: Bearer {self.souk.key}")
        with socket.create_connection((real.hostname or "", real.port or 80)) as there:
            there.sendall("\r\n".join([f"{self.command} {self.path} HTTP/1.1", *kept, "", ""]).encode())
            threading.Thread(target=copy, args=(self.connection, there), daemon=True).start()
            copy(there, self.connection)

    def log_message(self, format: str, *args: object) -> None:
        pass


def copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass

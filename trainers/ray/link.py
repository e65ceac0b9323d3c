"""What a job asks of Souk and tells it, over HTTP with the run's token."""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, BinaryIO, Literal, Optional, Protocol, Union

from figures import Limits

Word = Literal["on", "pause", "cancel", "lost"]
PIECE = 1 << 20


class Gone(Exception):
    """Souk will not hear from this job again: its token is not, or no longer, known."""


class Away(Exception):
    """Souk could not be reached for longer than the job waits."""


class Corrupt(Exception):
    """A file is not what it was said to be."""


class Link(Protocol):
    """Where a run comes from and where it goes."""

    def spec(self) -> dict[str, Any]: ...
    def base(self, files: list[dict[str, Any]], folder: Path) -> None: ...
    def tell(self, *lines: dict[str, Any]) -> Word: ...
    def put(self, iteration: int, file: Path) -> None: ...
    def limits(self, episode: str) -> Optional[Limits]: ...


class Souk:
    """The protocol of `/api/v1/jobs`. What fails for a while is tried again for `patience` seconds."""

    def __init__(self, address: str, run: str, token: str, patience: float = 600.0, timeout: float = 60.0) -> None:
        self._address = address.rstrip("/")
        self._run = urllib.parse.quote(run, safe="")
        self._token = token
        self._patience = patience
        self._timeout = timeout

    def spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = json.loads(self._ask("GET", self._job()))
        return spec

    def base(self, files: list[dict[str, Any]], folder: Path) -> None:
        """Fetches what of the base is not there yet."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            path = folder / Path(file["name"]).name
            if path.is_file() and sha256(path) == file["sha256"]:
                continue
            part = path.with_suffix(path.suffix + ".part")
            self._ask("GET", self._job("base", file["name"]), into=part)
            if sha256(part) != file["sha256"]:
                raise Corrupt(f"{file['name']} of the base is not what it was said to be")
            part.rename(path)

    def tell(self, *lines: dict[str, Any]) -> Word:
        body = "".join(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n" for line in lines)
        answer = json.loads(self._ask("POST", self._job("lines"), body.encode(), "application/x-ndjson"))
        word: Word = answer["word"]
        return word

    def put(self, iteration: int, file: Path) -> None:
        self._ask("PUT", self._job("files", str(iteration), file.name), file, "application/octet-stream")

    def limits(self, episode: str) -> Optional[Limits]:
        """Both limits of an episode that is over, where the token may see them."""
        try:
            url = f"{self._address}/api/v1/episodes/{urllib.parse.quote(episode)}"
            with self._open(urllib.request.Request(url), self._timeout) as reply:
                told = [event for event in json.load(reply)["events"] if event["kind"] == "revealed"]
            return Limits(told[0]["body"]["budget"], told[0]["body"]["cost"]) if told else None
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return None

    def _job(self, *parts: str) -> str:
        named = "/".join(urllib.parse.quote(part, safe="") for part in parts)
        return f"{self._address}/api/v1/jobs/{self._run}" + (f"/{named}" if named else "")

    def _open(self, request: urllib.request.Request, timeout: float) -> http.client.HTTPResponse:
        request.add_header("Authorization", f"Bearer {self._token}")
        # Addresses are said in full: no proxy of the surroundings stands between.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        reply: http.client.HTTPResponse = opener.open(request, timeout=timeout)
        return reply

    def _ask(
        self, method: str, url: str, body: Union[bytes, Path, None] = None, kind: str = "", into: Optional[Path] = None
    ) -> bytes:
        until = time.monotonic() + self._patience
        pause = 1.0
        while True:
            try:
                return self._once(method, url, body, kind, into)
            except urllib.error.HTTPError as error:
                said = error.read(500).decode(errors="replace")
                if error.code in (401, 403, 410):
                    raise Gone(f"{method} {url}: {error.code} {said}") from None
                # What is refused for good is not asked again.
                if error.code < 500 and error.code not in (408, 425, 429):
                    raise RuntimeError(f"{method} {url}: {error.code} {said}") from None
                why = f"{error.code} {said}"
            except (OSError, http.client.HTTPException) as error:
                why = str(error) or type(error).__name__
            if time.monotonic() + pause > until:
                raise Away(f"{method} {url}: {why}")
            time.sleep(pause)
            pause = min(2 * pause, 30.0)

    def _once(self, method: str, url: str, body: Union[bytes, Path, None], kind: str, into: Optional[Path]) -> bytes:
        source: Union[bytes, BinaryIO, None] = body.open("rb") if isinstance(body, Path) else body
        try:
            request = urllib.request.Request(url, data=source, method=method)
            if kind:
                request.add_header("Content-Type", kind)
            if isinstance(body, Path):
                request.add_header("Content-Length", str(body.stat().st_size))
            # Bodies are large: a whole one may take longer than an answer.
            with self._open(request, 10 * self._timeout if isinstance(body, Path) else self._timeout) as reply:
                if into is None:
                    return reply.read()
                with into.open("wb") as out:
                    while piece := reply.read(PIECE):
                        out.write(piece)
                return b""
        finally:
            if source is not None and not isinstance(source, bytes):
                source.close()


class Alone:
    """A run without a job: a base folder and a plan's file in, lines into a file."""

    def __init__(self, base: Path, plan: Path, out: Path, address: str, token: Optional[str]) -> None:
        self._base, self._plan, self._out = base, plan, out
        # Only its episodes are asked for.
        self._souk = Souk(address, "alone", token or "")

    def spec(self) -> dict[str, Any]:
        return {"run": "alone", "engine": "trl", "iteration": 0, "plan": json.loads(self._plan.read_text()), "base": []}

    def base(self, files: list[dict[str, Any]], folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not folder.exists():
            folder.symlink_to(self._base.resolve(), target_is_directory=True)

    def tell(self, *lines: dict[str, Any]) -> Word:
        with self._out.open("a") as out:
            for line in lines:
                out.write(json.dumps(line, allow_nan=False) + "\n")
        return "on"

    def put(self, iteration: int, file: Path) -> None:
        pass

    def limits(self, episode: str) -> Optional[Limits]:
        return self._souk.limits(episode)


class Beat:
    """Tells where the job is every few seconds, and hears the word. A beat that fails is left out."""

    def __init__(self, link: Link, every: float = 5.0) -> None:
        self._link, self._every = link, every
        self._at: dict[str, Any] = {"kind": "at", "stage": None, "left_ms": None}
        self._over = threading.Event()
        self.word: Word = "on"
        self.failed: Optional[Exception] = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def at(self, stage: str, left_ms: Optional[int] = None) -> None:
        self._at = {"kind": "at", "stage": stage, "left_ms": left_ms}

    def hear(self, word: Word) -> None:
        """A word that ends the run stays."""
        ranks = {"on": 0, "pause": 1, "cancel": 2, "lost": 3}
        self.word = max(self.word, word, key=lambda one: ranks[one])

    def stop(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._over.wait(self._every):
            try:
                self.hear(self._link.tell(self._at))
            except Gone as error:
                self.failed = error
                self.hear("lost")
                return
            except Exception as error:  # noqa: BLE001 - the next line that counts tries for longer
                self.failed = error


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()

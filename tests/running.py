"""A whole running service for end-to-end tests: the real command, a real vault, its own data and port."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

START_S = 90
WAIT_S = 30
POLL_S = 0.05


@dataclass
class Answer:
    """One HTTP answer."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Person:
    """Somebody signed in over the API."""

    service: Service
    name: str
    password: str = field(repr=False)
    token: str = field(repr=False)

    def get(self, path: str, **query: str) -> Answer:
        """Call and return the answer."""
        return self.service.call("GET", path, token=self.token, query=query)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        """Call and return the answer."""
        return self.service.call("POST", path, token=self.token, body={} if body is None else body, headers=headers)

    def must(self, path: str, body: object = None, *, status: int = 201) -> Any:
        """Call, expect this status, and return the body; tried again while the vault is being prepared."""
        answer = self.service.until(
            lambda: self.post(path, body), lambda found: found.status != 503, what=f"POST {path}"
        )
        assert answer.status == status, (path, answer.status, answer.body)
        return answer.body


@dataclass
class Service:
    """``vault-svc up`` in a process of its own."""

    data: Path
    company: list[str] = field(default_factory=lambda: ["--demo"])
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    passwords: dict[str, str] = field(default_factory=dict, repr=False)

    def start(self) -> Service:
        """Start it and wait until it is ready."""
        self.port = self.port or _free_port()
        first = self.data.with_suffix(".passwords.json")
        command = [sys.executable, "-m", "vault_svc", "up", "--data", str(self.data), "--port", str(self.port)]
        if not self.data.exists():
            command += [*self.company, "--first-passwords", str(first)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("VAULT_", "BAO_"))}
        log = self.data.with_suffix(".log").open("ab")
        self.process = subprocess.Popen(
            command, env=kept | self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        log.close()
        self.until(self._ready, bool, what="the start", seconds=START_S)
        if first.exists():
            self.passwords = json.loads(first.read_text())
        return self

    def stop(self) -> None:
        """Stop it in order."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(START_S)
            self.process = None

    def kill(self) -> None:
        """Kill every process of it at once, with no chance to tidy up."""
        for pid in [*_family(self.process.pid if self.process else 0)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if self.process is not None:
            self.process.wait()
            self.process = None

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: object = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Make one call."""
        url = f"http://127.0.0.1:{self.port}" + (path if path.startswith("/healthz") else f"/api/v1{path}")
        said = {"Content-Type": "application/json", "Accept-Language": "en", **(headers or {})}
        if token:
            said["Authorization"] = f"Bearer {token}"
        sent = None if body is None else json.dumps(body).encode()
        found = _HTTP.request(method, url, body=sent, headers=said, fields=None if sent else query)
        is_json = "json" in found.headers.get("Content-Type", "") and "jsonl" not in found.headers["Content-Type"]
        text = found.data
        return Answer(found.status, json.loads(text) if is_json and text else text, dict(found.headers))

    def sign_in(self, name: str) -> Person:
        """Sign in with the one-time password, set an own one, and return the person."""
        first = self.passwords[name]
        signed = self.call("POST", "/sessions", body={"name": name, "password": first})
        assert signed.status == 201, signed.body
        token, password = signed.body["token"], first
        if "change_password" in signed.body["must"]:
            password = f"Vx{secrets.token_hex(5)}-Kp竹林{secrets.token_hex(5)}"
            changed = self.call("PUT", "/me/password", token=token, body={"current": first, "new": password})
            assert changed.status == 204, changed.body
            self.passwords[name] = password
        return Person(self, name, password, token)

    def until(self, look: Any, good: Any, *, what: str, seconds: float = WAIT_S) -> Any:
        """Look again until it is good, and return what was seen; fail after a while."""
        ends = time.monotonic() + seconds
        while not good(found := look()):
            assert time.monotonic() < ends, f"waited in vain for {what}: {found}"
            time.sleep(POLL_S)
        return found

    def vault_audit(self) -> list[dict[str, Any]]:
        """The vault's own audit file."""
        lines = (self.data / "vault" / "audit" / "audit.log").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.data.with_suffix(".log").read_text()[-2000:]
        return (self.data / "up.json").exists()


_HTTP = urllib3.PoolManager(retries=False, timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    if not pid:
        return []
    found = [pid]
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in tasks.read_text().split():
            found += _family(int(child))
    return found if children.exists() else [pid]

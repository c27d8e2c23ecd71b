"""The service as the command line reaches it: JSON over urllib3, with the bearer of the session file."""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import urllib3

from vault_svc import __version__
from vault_svc.cli import session_file
from vault_svc.cli.addresses import checked_url
from vault_svc.cli.failures import UNAVAILABLE, UNEXPECTED, Failure, Refused
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TIMEOUT: Final = urllib3.Timeout(connect=5, read=120)
_GOOD: Final = range(200, 300)
_CHUNK: Final = 64 * 1024
_TRIES: Final = 2


class Client:
    """Calls of one command. ``prove`` is asked for the password when the service wants presence proved again."""

    def __init__(self, url: str, *, language: str, prove: Callable[[], str] | None = None) -> None:
        self.url = checked_url(url)
        self._language, self._prove = language, prove
        self._pool = urllib3.PoolManager(
            timeout=_TIMEOUT, retries=False, cert_reqs="CERT_REQUIRED", ca_certs=os.environ.get("SSL_CERT_FILE")
        )

    def get(self, path: str, **query: object) -> Any:  # noqa: ANN401  # JSON
        """Return the answer to a question. ``Refused`` for anything but a good one."""
        return self._call("GET", path + _query(query))

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, once: bool = False, **query: object) -> Any:  # noqa: ANN401
        """Do something; ``once``: with a key, so that a lost answer can be asked for again without doing it twice."""
        return self._call("POST", path + _query(query), body, key=str(uuid.uuid4()) if once else None)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401  # JSON
        """Replace something."""
        return self._call("PUT", path, body)

    def delete(self, path: str) -> None:
        """End something."""
        self._call("DELETE", path)

    def stream(self, path: str, **query: object) -> Iterator[bytes]:
        """Return a long answer piece by piece, in bytes as sent."""
        response = self._proved("GET", path + _query(query), None, None, stream=True)
        return iter(response.stream(_CHUNK))

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Return whether the service can work, and each of its checks."""
        response = self._send("GET", "/readyz", None, None)
        found = _json(response)
        return response.status in _GOOD, found if isinstance(found, dict) else {}

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> Any:  # noqa: ANN401
        return _json(self._proved(method, path, body, key))

    def _proved(
        self, method: str, path: str, body: Mapping[str, Any] | None, key: str | None, *, stream: bool = False
    ) -> urllib3.BaseHTTPResponse:
        for proving in (self._prove, None):
            response = self._send(method, f"/api/v1{path}", body, key, stream=stream)
            if response.status in _GOOD:
                return response
            refused = _refused(response)
            if refused.code != "step_up_required" or proving is None:
                raise refused
            self._call("POST", "/sessions/current/step-up", {"password": proving()})
        raise AssertionError  # the second round has returned or raised

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, key: str | None, *, stream: bool = False
    ) -> urllib3.BaseHTTPResponse:
        headers = {
            "Accept": "application/json",
            "Accept-Language": self._language,
            "User-Agent": f"vault-svc-cli/{__version__}",
        }
        bearer = session_file.token(self.url)
        headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        data = None if body is None else json.dumps(body).encode()
        for left in reversed(range(_TRIES if key or method == "GET" else 1)):
            try:
                return self._pool.request(
                    method, self.url + path, body=data, headers=headers, redirect=False, preload_content=not stream
                )
            except urllib3.exceptions.HTTPError:
                if not left:
                    words = Text(
                        f"服务无法访问: {self.url}(启动: vault-svc up)",
                        f"{self.url} does not answer; start it with: vault-svc up",
                    )
                    raise Failure(UNAVAILABLE, words, code="unreachable") from None
        raise AssertionError  # the last try has returned or raised


def _query(query: Mapping[str, object]) -> str:
    given = {name.rstrip("_"): _plain(value) for name, value in query.items() if value not in {None, False}}
    return f"?{urlencode(given)}" if given else ""


def _plain(value: object) -> str:
    return "true" if value is True else str(value)


def _json(response: urllib3.BaseHTTPResponse) -> Any:  # noqa: ANN401  # JSON
    if not response.data:
        return None
    try:
        return json.loads(response.data)
    except ValueError:
        words = Text("对方不是 vault-svc 服务", "what answers there is not vault-svc")
        raise Failure(UNEXPECTED, words, code="not_vault_svc") from None


def _refused(response: urllib3.BaseHTTPResponse) -> Refused:
    try:
        problem = json.loads(response.data)
    except ValueError:
        problem = {}
    problem = problem if isinstance(problem, dict) else {}
    return Refused(response.status, problem, retry_after=response.headers.get("Retry-After"))

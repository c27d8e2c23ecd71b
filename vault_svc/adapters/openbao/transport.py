"""hvac over urllib3: one pool a process, the CA file always given, no proxy or bundle taken from the environment."""

from __future__ import annotations

import json
import os
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from hvac.adapters import Adapter
from urllib3 import HTTPSConnectionPool, Retry, Timeout
from urllib3 import exceptions as http_errors

from vault_svc.adapters.openbao.errors import NotSent, OutcomeUnknown, answer_error, connection_error
from vault_svc.domain.errors import Malformed
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    _Adapter = Adapter[Any]
else:
    _Adapter = Adapter  # generic in its published types only

CONNECT_S: Final = 3.0
READ_S: Final = 30.0
_POOL_SIZE: Final = 64
_HEALTH: Final = "v1/sys/health"
_ADDRESS: Final = Text("密码库地址须为 https://主机:端口", "the vault's address has to be https://host:port")
_CONNECT_WAITS_S: Final = (0.05, 0.1, 0.2, 0.4)
# urllib3's own retries would log host and path; a redirect (with the token) is never followed.
_NO_RETRIES: Final = Retry(
    total=None, connect=0, read=0, redirect=0, status=0, other=0, raise_on_redirect=False, raise_on_status=False
)

_pools: dict[tuple[int, str, str], HTTPSConnectionPool] = {}
_pools_lock = threading.Lock()


class Answer:
    """An answer without a JSON document of its own: 204, or a status that was asked for (health)."""

    __slots__ = ("content", "headers", "status_code")

    def __init__(self, status_code: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status_code, self.headers, self.content = status_code, headers, content

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return self.status_code < 400  # noqa: PLR2004 - HTTP

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as a JSON document; ``ValueError`` where it is none."""
        return json.loads(self.content)


class VaultTransport(_Adapter):
    """What hvac sends its calls through. Raises errors of ``domain/errors`` only.

    ``request`` returns the JSON document of a 200 and an ``Answer`` otherwise, as hvac's own adapter does.
    """

    def __init__(self, base_uri: str, token: str | None = None, *, ca_file: str = "", **hvac_options: Any) -> None:
        ca_file = ca_file or _bundle(hvac_options.pop("verify", None))
        hvac_options.pop("verify", None)
        hvac_options["session"] = _NO_SESSION  # without one hvac would build what this replaces
        super().__init__(base_uri=base_uri, token=token, **hvac_options)
        self._pool = pool_for(base_uri, ca_file=ca_file)

    def close(self) -> None:
        """Keep the pool: it is the process's, not this client's."""

    def get_login_token(self, response: Any) -> str:
        """Return the token out of a login's answer."""
        return str(response["auth"]["client_token"])

    def sign_in(
        self, path: str, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Sign in, keep the token for the calls that follow and return the answer's ``auth``."""
        answer = self.post(path, json=body, headers=headers)
        self.token = self.get_login_token(answer)
        return dict(answer["auth"])

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        raise_exception: bool = True,  # noqa: FBT001, FBT002 - hvac's signature
        **options: Any,
    ) -> Any:
        """Send one call. Options: ``json``, ``params``, ``wrap_ttl``, ``timeout`` (seconds), ``patient``.

        With ``patient=False`` a vault that does not listen is told at once.
        """
        answer = self._send(method.upper(), url, headers or {}, options)
        if not answer.ok and raise_exception and not self.ignore_exceptions:
            health = url.strip("/") == _HEALTH
            raise answer_error(answer.status_code, _errors_in(answer), answer.headers, health=health) from None
        if answer.status_code == 200:  # noqa: PLR2004 - HTTP
            try:
                return answer.json()
            except ValueError:
                return answer
        return answer

    def _send(self, method: str, url: str, headers: Mapping[str, str], options: Mapping[str, Any]) -> Answer:
        target = "/" + url.lstrip("/")
        if params := options.get("params"):
            target += "?" + urlencode(params)
        sent = {"X-Vault-Request": "true", **headers}
        if self.token:
            sent["X-Vault-Token"] = self.token
        if self.namespace:
            sent["X-Vault-Namespace"] = self.namespace
        if wrap_ttl := options.get("wrap_ttl"):
            sent["X-Vault-Wrap-TTL"] = str(wrap_ttl)
        body = None
        if (document := options.get("json")) is not None:
            sent.setdefault("Content-Type", "application/json")
            body = _encoded(document)
        timeout = Timeout(connect=CONNECT_S, read=float(options.get("timeout") or READ_S))
        for wait_s in _CONNECT_WAITS_S if options.get("patient", True) else ():
            try:
                return self._sent_once(method, target, body, sent, timeout)
            except NotSent:
                time.sleep(wait_s)  # nothing was sent, so sending is safe; this bridges a restart of the vault
        return self._sent_once(method, target, body, sent, timeout)

    def _sent_once(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: Timeout
    ) -> Answer:
        try:
            got = self._pool.urlopen(
                method, target, body=body, headers=headers, redirect=False, retries=_NO_RETRIES, timeout=timeout
            )
        except http_errors.HTTPError as error:
            raise connection_error(error) from None  # its words hold the address and the path
        except OSError:
            raise OutcomeUnknown from None
        return Answer(got.status, got.headers, got.data)


def pool_for(url: str, *, ca_file: str) -> HTTPSConnectionPool:
    """Return this process's pool to a vault; a forked child gets one of its own.

    ``Malformed`` for an address that is not ``https://host[:port]``, or a CA file that can't be read.
    """
    key = (os.getpid(), url, ca_file)
    with _pools_lock:
        if key not in _pools:
            _pools[key] = _new_pool(url, ca_file)
        return _pools[key]


def _new_pool(url: str, ca_file: str) -> HTTPSConnectionPool:
    host, port = _host_and_port(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the default context would heed SSLKEYLOGFILE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=ca_file)
    except OSError:
        raise Malformed(Text("无法读取密码库的 CA 证书文件", "the vault's CA file can't be read")) from None
    return HTTPSConnectionPool(host, port, maxsize=_POOL_SIZE, cert_reqs="CERT_REQUIRED", ssl_context=context)


def _host_and_port(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise Malformed(_ADDRESS) from None
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.path.strip("/") or parts.query:
        raise Malformed(_ADDRESS)
    return parts.hostname, port


def _bundle(verify: Any) -> str:
    if not isinstance(verify, str) or not verify:
        raise Malformed(Text("必须给出密码库的 CA 证书文件", "the vault's CA file has to be given"))
    return verify


def _encoded(document: Any) -> bytes:
    try:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate: the vault would keep another character in its place
        raise Malformed(Text("内容不是有效的文本", "the content is no valid text")) from None


def _errors_in(answer: Answer) -> list[str]:
    try:
        document = answer.json()
    except ValueError:
        return []
    errors = document.get("errors") if isinstance(document, dict) else None
    return [error for error in errors if isinstance(error, str)] if isinstance(errors, list) else []


class _NoSession:
    """Stands where hvac keeps a requests session; it says nothing about certificates or proxies."""

    verify = cert = proxies = None


_NO_SESSION: Final = _NoSession()

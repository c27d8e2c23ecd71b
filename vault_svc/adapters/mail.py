"""Plain mail by SMTP with STARTTLS."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import TYPE_CHECKING

from vault_svc.domain.errors import Unavailable
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from vault_svc.domain.texts import Text as Words

_TIMEOUT_S = 20


class SmtpMailer:
    """Keeps ``services.ports.Mailer``; without a host it is not configured and refuses."""

    def __init__(
        self, *, host: str | None, port: int, sender: str | None, user: str | None, password: str | None
    ) -> None:
        self._host, self._port, self._sender = host, port, sender
        self._user, self._password = user, password

    @property
    def configured(self) -> bool:
        """Whether mail can be sent at all."""
        return self._host is not None and self._sender is not None

    def send(self, to: str, *, subject: Words, body: Words) -> None:
        """Send one message, Chinese first. ``Unavailable`` where mail is not configured or the server refuses."""
        if self._host is None or self._sender is None:
            raise Unavailable(_NONE, next_step=_CONFIGURE)
        message = EmailMessage()
        message["From"], message["To"] = self._sender, to
        message["Subject"] = f"{subject.zh} / {subject.en}"
        message.set_content(f"{body.zh}\n\n{body.en}\n")
        try:
            with smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_S) as server:
                server.starttls(context=ssl.create_default_context())
                if self._user and self._password:
                    server.login(self._user, self._password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException):
            raise Unavailable(Text("邮件未能发出", "the mail could not be sent")) from None


_NONE = Text("尚未配置邮件", "no mail is configured")
_CONFIGURE = Text(
    "请设置 VAULT_SVC_SMTP_HOST 与 VAULT_SVC_SMTP_SENDER", "set VAULT_SVC_SMTP_HOST and VAULT_SVC_SMTP_SENDER"
)

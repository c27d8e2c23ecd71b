"""Settings, read once from ``VAULT_SVC_…``: an unknown one, a plain-text vault or a sample secret is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from vault_svc.domain.errors import Invalid, Violation
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "VAULT_SVC_"
CLIENT_ONLY = frozenset({"VAULT_SVC_URL", "VAULT_SVC_LANGUAGE"})
"""Words of the command line; the service does not read them."""


class Settings(BaseSettings):
    """What the service is told from outside; everything else is in ``policies/`` or in the store."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    instance: str = Field(default="1", pattern=r"^[a-z0-9]{1,16}$")
    store_url: str | None = None
    policies: Path | None = None
    vault_address: str | None = None
    vault_ca: Path | None = None
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_sender: str | None = None
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None

    @field_validator("vault_address")
    @classmethod
    def _encrypted(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("https://"):
            raise ValueError("the vault is reached over https:// only")
        return value

    @field_validator("smtp_password")
    @classmethod
    def _no_sample(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value().lower() in {"changeme", "password", "secret", "example"}:
            raise ValueError("a sample secret is no secret")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.vault_address is None) != (self.vault_ca is None):
            raise ValueError("vault_address and vault_ca go together")
        if self.smtp_host is not None and self.smtp_sender is None:
            raise ValueError("smtp_host needs smtp_sender")
        return self

    @property
    def store(self) -> str:
        """The store's URL; embedded it is a file beside the other data."""
        return self.store_url or f"sqlite:///{self.data.resolve() / 'store.db'}"


def read_settings(environment: Mapping[str, str] | None = None, **told: object) -> Settings:
    """Return the settings. ``Invalid`` names every unknown or unusable one, never its value."""
    found = os.environ if environment is None else environment
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | CLIENT_ONLY
    strangers = [name for name in found if name.startswith(PREFIX) and name not in known]
    if strangers:
        unknown = Text("没有这一项设置", "there is no such setting")
        raise Invalid(violations=[Violation("unknown_setting", unknown, field=name) for name in sorted(strangers)])
    try:
        return Settings(**{name: value for name, value in told.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as wrong:
        text = Text("设置不正确", "the setting can't be used")
        faults = [
            Violation(error["type"], text, field=".".join(map(str, error["loc"])) or "settings")
            for error in wrong.errors(include_input=False, include_url=False)
        ]
        raise Invalid(violations=faults) from None

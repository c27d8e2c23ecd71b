"""The first gate: Casbin decides every call by ``model.conf`` over the rows of ``permissions.csv``."""

from vault_svc.adapters.enforcer.enforcer import CasbinEnforcer
from vault_svc.adapters.enforcer.load import MODEL, build_enforcer, check_permissions
from vault_svc.adapters.enforcer.roles import CallerRoles

__all__ = ["MODEL", "CallerRoles", "CasbinEnforcer", "build_enforcer", "check_permissions"]

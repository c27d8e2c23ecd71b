"""What people call the permissions, and the roles that are no posts: classes of people, relations, levels, machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_svc.domain.permissions import Permission
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

MORE_ROLES: Mapping[str, Text] = {
    # classes of people
    "anonymous": Text("未登录者", "somebody not signed in"),
    "employee": Text("员工", "an employee"),
    "outside": Text("外部人员", "somebody outside the company"),
    "person": Text("已登录者", "everybody signed in"),
    # relations to one object
    "custodian": Text("该账户的保管人", "a custodian of the account"),
    "grantee": Text("在授权期内的使用人", "somebody with a live grant"),
    "head": Text("当事人的部门负责人", "the head of the person's department"),
    "lender": Text("出借人", "the lender"),
    "owner": Text("所有人", "the owner"),
    "party": Text("该申请的参与人", "somebody with a part in the request"),
    "requester": Text("申请人", "the one who asked"),
    "self": Text("本人", "the person themselves"),
    # levels of one database (DB-1)
    "backend": Text("后台管理用户", "a backend user of the database"),
    "dba": Text("数据库管理用户", "a dba of the database"),
    "normal": Text("普通用户", "a normal user of the database"),
    # the service's own machines
    "registrar": Text("登记程序", "the registrar"),
    "steward": Text("策略执行程序", "the steward"),
    "worker": Text("后台程序", "the worker"),
}
"""Roles that no file lists; a post may not be called like one."""

PERMISSION_NAMES: Mapping[Permission, Text] = {
    Permission.ACCESS_EVALUATE: Text("查询访问决定", "ask for an access decision"),
    Permission.ACCOUNT_CHANGE: Text("更换账户密码", "change an account's password"),
    Permission.ACCOUNT_CHECK_OUT: Text("借出账户", "check an account out"),
    Permission.ACCOUNT_EXPOSURES: Text("查看接触记录", "see who has seen an account's password"),
    Permission.ACCOUNT_FIRST_VALUE: Text("录入首个密码", "hand in an account's first password"),
    Permission.ACCOUNT_IMPORT: Text("导入账户", "import accounts"),
    Permission.ACCOUNT_LIST: Text("查看账户列表", "list the accounts"),
    Permission.ACCOUNT_READ: Text("查看账户资料", "read an account's record"),
    Permission.ACCOUNT_REVEAL: Text("查看账户密码", "see an account's password"),
    Permission.AUDIT_CHECKPOINT: Text("签署检查点", "sign a checkpoint"),
    Permission.AUDIT_EXPORT: Text("导出审计记录", "export the record"),
    Permission.AUDIT_READ: Text("查阅审计记录", "read the record"),
    Permission.AUDIT_READ_OWN: Text("查阅与本人有关的记录", "read what the record says of oneself"),
    Permission.AUDIT_VERIFY: Text("核验审计链", "verify the record"),
    Permission.COMPANY_IMPORT: Text("导入公司资料", "import the company file"),
    Permission.DATABASE_BACK_UP: Text("备份数据库", "back up a database"),
    Permission.DATABASE_ENTER: Text("录入数据", "enter data"),
    Permission.DATABASE_LIST: Text("查看数据库列表", "list the databases"),
    Permission.DATABASE_MODIFY: Text("修改数据", "modify data"),
    Permission.DATABASE_QUERY: Text("查询数据", "query data"),
    Permission.DATABASE_RESTORE: Text("恢复数据库", "restore a database"),
    Permission.DELIVERY_OPEN: Text("打开一次性交付", "open a delivery"),
    Permission.DOCS_READ: Text("阅读文档", "read the documentation"),
    Permission.DUTY_LIST: Text("查看待办义务", "list the duties"),
    Permission.ENGAGEMENT_READ: Text("查看代运营合同", "read an engagement"),
    Permission.EXPLAIN_ANYONE: Text("查询他人的权限依据", "ask why somebody may or may not"),
    Permission.EXPLAIN_SELF: Text("查询本人的权限依据", "ask why one may or may not"),
    Permission.JOB_RUN: Text("执行后台任务", "run a job"),
    Permission.KIND_LIST: Text("查看申请类别", "list the kinds of requests"),
    Permission.ME_PASSWORD: Text("更换本人密码", "change one's own password"),
    Permission.ME_READ: Text("查看本人资料", "read about oneself"),
    Permission.PEOPLE_READ: Text("查看人员", "read about people"),
    Permission.POLICY_DRIFT: Text("核对策略差异", "compare the policies in force"),
    Permission.POLICY_READ: Text("查看策略", "read the policies"),
    Permission.REQUEST_CARRY_OUT: Text("执行申请", "carry a request out"),
    Permission.REQUEST_DOSSIER: Text("查看卷宗", "read a dossier"),
    Permission.REQUEST_EDIT: Text("修改申请", "edit a request"),
    Permission.REQUEST_LIST: Text("查看申请列表", "list requests"),
    Permission.REQUEST_READ: Text("查看申请", "read a request"),
    Permission.REQUEST_SUBMIT: Text("提出申请", "submit a request"),
    Permission.REQUEST_VOTE: Text("审批申请", "vote on a request"),
    Permission.REQUEST_WITHDRAW: Text("撤回申请", "withdraw a request"),
    Permission.SESSION_END: Text("结束会话", "end a session"),
    Permission.SESSION_LIST: Text("查看会话", "list sessions"),
    Permission.SESSION_OPEN: Text("登录", "sign in"),
    Permission.SESSION_STEP_UP: Text("再次验证身份", "prove again that it is you"),
    Permission.STATUS_READ: Text("查看运行状态", "read the service's state"),
    Permission.WORKDAYS_READ: Text("查看工作日", "read the working days"),
}

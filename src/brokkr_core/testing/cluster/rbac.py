"""Who may do what: users known by their bearer token, rules as RBAC has them, and the words of a 403."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from brokkr_core.testing.cluster.status import Refusal, Target

_ANY = "*"


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Access:
    """One thing that somebody wants to do; empty text where it has none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def whole_resource(self) -> str:
        """The resource with its subresource, as rules spell it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@frozen(kw_only=True)
class Grant:
    """What a rule allows; ``*`` stands for everything.

    Args:
        verbs: such as ``get``, ``list``, ``watch``, ``create``, ``update``, ``patch``, ``delete``.
        resources: plural names; a subresource such as ``deployments/status`` is one of its own.
        groups: API groups; the core group is the empty text.
        names: only objects of these names; empty means all.
        namespaces: only there, as a RoleBinding grants; empty means the whole cluster, as a ClusterRoleBinding does.
    """

    verbs: tuple[str, ...] = field(converter=_texts)
    resources: tuple[str, ...] = field(converter=_texts)
    groups: tuple[str, ...] = field(default=("",), converter=_texts)
    names: tuple[str, ...] = field(default=(), converter=_texts)
    namespaces: tuple[str, ...] = field(default=(), converter=_texts)

    def covers(self, access: Access) -> bool:
        """Tell whether this grant allows something."""
        return (
            _listed(access.verb, self.verbs)
            and _listed(access.group, self.groups)
            and self._covers_resource(access)
            and (not self.names or access.name in self.names)
            and self.reaches(access.namespace)
        )

    def reaches(self, namespace: str) -> bool:
        """Tell whether this grant counts in a namespace; empty text is the cluster scope."""
        return not self.namespaces or namespace in self.namespaces

    def _covers_resource(self, access: Access) -> bool:
        if _listed(access.whole_resource, self.resources):
            return True
        return bool(access.subresource) and f"{_ANY}/{access.subresource}" in self.resources


def _listed(value: str, values: tuple[str, ...]) -> bool:
    return _ANY in values or value in values


EVERYTHING = Grant(verbs=[_ANY], resources=[_ANY], groups=[_ANY])


def _grants(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple(grants)


@frozen(kw_only=True)
class User:
    """Somebody the cluster knows.

    Args:
        name: as messages print it, for example ``system:serviceaccount:brokkr:agent``.
        token: the bearer token; never printed.
        groups: beside ``system:authenticated``.
        grants: what is allowed, and nothing else is.
    """

    name: str
    token: str = field(default="", repr=False)
    groups: tuple[str, ...] = field(default=(), converter=_texts)
    grants: tuple[Grant, ...] = field(default=(), converter=_grants)

    def may(self, access: Access) -> bool:
        """Tell whether this user is allowed something."""
        return any(grant.covers(access) for grant in self.grants)

    @property
    def known(self) -> bool:
        """Whether the user has proved who it is."""
        return self.name != _ANONYMOUS


_ANONYMOUS = "system:anonymous"

ADMIN = User(name="kubernetes-admin", groups=["system:masters"], grants=[EVERYTHING])
NOBODY = User(name=_ANONYMOUS)


def _users(users: Iterable[User]) -> tuple[User, ...]:
    return tuple(users)


@frozen(kw_only=True)
class Rbac:
    """Everybody the cluster knows.

    Args:
        users: told apart by their tokens.
    """

    users: tuple[User, ...] = field(converter=_users)

    @users.validator
    def _check(self, _attribute: object, users: tuple[User, ...]) -> None:
        tokens = [user.token for user in users]
        if "" in tokens or len(set(tokens)) != len(tokens):
            raise ValueError("every user needs a token of its own")

    def token_of(self, name: str) -> str:
        """Return the token of a user; of the first one for an empty name.

        Raises:
            LookupError: there is no such user.
        """
        for user in self.users:
            if name in {"", user.name}:
                return user.token
        raise LookupError(f"no user {name!r}: there are {', '.join(user.name for user in self.users)}")

    @classmethod
    def admin(cls, token: str) -> Rbac:
        """Return a cluster with one user who may do everything."""
        return cls(users=[User(name=ADMIN.name, token=token, groups=ADMIN.groups, grants=ADMIN.grants)])


def user_of(rbac: Rbac | None, headers: Mapping[str, str]) -> User:
    """Return who sends a request.

    Args:
        rbac: who is known; None means that everybody is the administrator.
        headers: with lower case names.

    Raises:
        Refusal: 401, the token belongs to nobody.
    """
    if rbac is None:
        return ADMIN
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not token:
        return NOBODY
    for user in rbac.users:
        if scheme.lower() == "bearer" and user.token == token.strip():
            return user
    raise Refusal(401, "Unauthorized", "Unauthorized")


def check_access(user: User, access: Access) -> None:
    """Refuse what a user may not do.

    Raises:
        Refusal: 403, in the words of the real authorizer (apiserver ``responsewriters/errors.go``).
    """
    if user.may(access):
        return
    target = Target(group=access.group, plural=access.resource, kind="", name=access.name)
    named = f'{target.resource} "{access.name}"' if access.name else target.resource
    place = f'in the namespace "{access.namespace}"' if access.namespace else "at the cluster scope"
    what = f'cannot {access.verb} resource "{access.whole_resource}" in API group "{access.group}" {place}'
    message = f'{named} is forbidden: User "{user.name}" {what}'
    raise Refusal(403, "Forbidden", message, details=target.details)


def check_path(user: User, verb: str, path: str) -> None:
    """Refuse a path that is no resource to somebody unknown (``system:discovery`` is for the authenticated).

    Raises:
        Refusal: 403.
    """
    if not user.known and path not in _PUBLIC:
        raise Refusal(403, "Forbidden", f'forbidden: User "{user.name}" cannot {verb} path "{path}"')


#: What ``system:public-info-viewer`` lets everybody read.
_PUBLIC = frozenset({"/healthz", "/livez", "/readyz", "/version"})

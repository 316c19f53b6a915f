"""Who may do what: one table, brought into the database after every `migrate`.

A person can have several roles. Change the table, never a group: whatever the table does not say is taken away again.
"""

from __future__ import annotations

from django.apps import apps as registry
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models.signals import post_migrate


def _can(app_label: str, model: str, *verbs: str) -> list[str]:
    return [f"{app_label}.{verb}_{model}" for verb in verbs]


READ_BLOG = [
    *_can("blog", "author", "view"),
    *_can("blog", "handle", "view"),
    *_can("blog", "post", "view"),
    *_can("blog", "byline", "view"),
    *_can("blog", "topic", "view"),
    *_can("blog", "tag", "view"),
    *_can("foundation", "picture", "view"),
    *_can("site", "page", "view"),
]
READ_EVENTS = [
    *_can("events", "workshop", "view"),
    *_can("events", "workshopdate", "view"),
    *_can("events", "venue", "view"),
    *_can("events", "booking", "view"),
    *_can("events", "place", "view"),
    *_can("events", "repeatedrequest", "view"),
    *_can("events", "ringtask", "view"),
    *_can("events", "closedday", "view"),
    *_can("events", "datemessage", "view"),
]
WRITE_POSTS = [
    *READ_BLOG,
    *_can("blog", "author", "add", "change"),
    *_can("blog", "handle", "add", "change", "delete"),
    *_can("blog", "tag", "add"),
    *_can("foundation", "picture", "add", "change"),
    *_can("blog", "post", "add", "change"),
    *_can("blog", "byline", "add", "change", "delete"),
    # A post may announce a workshop, which is chosen from a list.
    "events.view_workshop",
]
EDIT_POSTS = [
    *WRITE_POSTS,
    "blog.edit_post",
    *_can("blog", "suggestion", "view"),
    *_can("blog", "author", "delete"),
    *_can("blog", "post", "delete"),
    *_can("blog", "topic", "add", "change", "delete"),
    *_can("blog", "tag", "change", "delete"),
    *_can("foundation", "picture", "delete"),
    # What an import saw and did not dare to decide.
    *_can("site", "proposal", "view", "change"),
    *_can("site", "importrun", "view"),
]
PUBLISH = [
    *EDIT_POSTS,
    "blog.publish_post",
    *_can("site", "page", "add", "change", "delete"),
    *_can("foundation", "redirect", "view", "add", "change", "delete"),
]

ROLES: dict[str, list[str]] = {
    "Writers": WRITE_POSTS,
    "Editors": EDIT_POSTS,
    "Publishers": PUBLISH,
    "Workshop organisers": [
        *READ_EVENTS,
        *_can("events", "workshop", "add", "change", "delete"),
        *_can("events", "workshopdate", "add", "change", "delete", "cancel", "mail"),
        *_can("events", "venue", "add", "change", "delete"),
        *_can("events", "booking", "add", "change", "export", "delete"),
        *_can("events", "subscription", "view", "delete"),
        *_can("events", "closedday", "add", "change", "delete"),
    ],
    # Special-category data (UK GDPR, article 9): given to few, beside another role, and never without a second step.
    "Access needs team": _can("events", "accessneed", "view", "change"),
    "Read only": [*READ_BLOG, *READ_EVENTS],
    "Office managers": [
        *_can("foundation", "charity", "view", "add", "change"),
        *_can("foundation", "user", "view", "add", "change", "delete"),
        *_can("foundation", "outgoingmail", "view", "resend"),
        *_can("foundation", "auditentry", "view"),
    ],
}


def missing_permissions(known: set[str]) -> set[str]:
    """What the table names and no model offers: a slip of the pen, or a permission renamed."""
    return {permission for permissions in ROLES.values() for permission in permissions} - known


@transaction.atomic
def apply_roles(*, apps: Apps = registry, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the groups and their permissions exactly what the table says."""
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    by_name = {
        f"{app_label}.{codename}": pk
        for pk, app_label, codename in permission_model.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    group_model.objects.using(using).exclude(name__in=ROLES).delete()
    for name, permissions in ROLES.items():
        group, _is_new = group_model.objects.using(using).get_or_create(name=name)
        # Half-way through the migrations some models are not there yet; the last one completes the roles.
        group.permissions.set({by_name[permission] for permission in permissions if permission in by_name})


def apply_roles_after_migrate(*, using: str, apps: Apps = registry, **kwargs) -> None:
    try:
        apps.get_model("auth", "Group")
    except LookupError:
        return  # migrated back to before there were groups
    apply_roles(apps=apps, using=using)


def connect() -> None:
    """Ask to be called after the last app: only then has Django made every permission, on a fresh database too.

    (Django makes each app's permissions in a `post_migrate` receiver of its own, app by app.)
    """
    last = [config for config in registry.get_app_configs() if config.models_module][-1]
    post_migrate.connect(apply_roles_after_migrate, sender=last, dispatch_uid="roles")

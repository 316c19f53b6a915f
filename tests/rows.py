"""All that the database holds, to see that nothing changed it."""

import re

from django.db import connection
from django.test import Client

from sharedlives.foundation.models import OutgoingMail

OURS = ("blog_", "events_", "site_", "foundation_outgoingmail", "foundation_auditentry", "django_session")


def rows():
    """Every row of ours, as a hash for each table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall() if name.startswith(OURS)]
        found = {}
        for table in tables:
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t")
            found[table] = cursor.fetchone()
    return found


def open_every_link_of_every_mail(answers=(200, 410)):
    """As a mail program does that looks at links before the person comes: twice each, GET and HEAD. Which paths."""
    found = re.compile(r"https://www\.example\.org(/[^\s\"<>]*)")
    paths = {path for mail in OutgoingMail.objects.all() for path in found.findall(mail.text + mail.html)}
    for _ in range(2):
        for path in paths:
            for fetch in (Client().get, Client().head):
                status = fetch(path.replace("&amp;", "&")).status_code
                assert status in answers, (path, status)
    return paths

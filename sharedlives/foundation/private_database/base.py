"""Django's PostgreSQL, on a private server that starts with the first connection (see private_postgres).

The parameters of a connection are asked for by Django and by the job worker alike, and by nobody before a database is
needed; so importing the settings needs no server.
"""

import contextlib

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base, client
from psycopg import sql

from sharedlives.foundation import private_postgres
from sharedlives.foundation.private_postgres import programs

# HOST may name another folder in LOCAL_FOLDER; the server in that for tests never waits for the disk.
FOLDER = "postgres"
FOLDER_FOR_TESTS = "postgres-test"

_databases_seen = set()


class DatabaseClient(client.DatabaseClient):
    def runshell(self, parameters):
        folder, _ = programs.find()
        self.executable_name = str(folder / "psql")
        super().runshell(parameters)

    def settings_to_cmd_args_env(self, settings_dict, parameters):
        server = self.connection.get_connection_params()
        found = {"HOST": server["host"], "PORT": server["port"], "USER": server["user"]}
        arguments, env = super().settings_to_cmd_args_env(settings_dict | found, parameters)
        return [self.executable_name, *arguments[1:]], env


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self):
        name = self.settings_dict["HOST"] or FOLDER
        server = private_postgres.start(settings.LOCAL_FOLDER / name, durable=name != FOLDER_FOR_TESTS)
        params = super().get_connection_params() | server
        _make_database(params["dbname"], server)
        return params


def _make_database(name, server):
    """A cluster is born without our database; and who wants to begin anew may simply drop it."""
    seen = (server["host"], name)
    if seen in _databases_seen or name == "postgres":
        return
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            # Another process may be quicker.
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    _databases_seen.add(seen)

import os
import secrets

from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """Files on this machine's disk that are there whole or not at all: written under another name, then renamed.

    A name's content never changes, so writing one again, for instance by two workers, does no harm.
    """

    def __init__(self, **options):
        super().__init__(**{"allow_overwrite": True, **options})

    def _save(self, name, content):
        part = f"{name}.{secrets.token_hex(4)}.part"
        try:
            super()._save(part, content)
            os.replace(self.path(part), self.path(name))
        except BaseException:
            self.delete(part)
            raise
        return name

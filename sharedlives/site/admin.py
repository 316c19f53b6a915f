"""The desk's pages of this app, by subject."""

from . import moving_admin, page_admin  # noqa: F401

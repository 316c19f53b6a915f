"""The desk's pages of this app, by subject."""

from . import booking_admin, date_admin, need_admin, subscription_admin, waiting_list_admin, workshop_admin  # noqa: F401

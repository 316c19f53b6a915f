from .bookings import ACTIVE, HOLDS_A_PLACE, MOST_PEOPLE, Booking, Place, RepeatedRequest
from .closed_days import ClosedDay
from .dates import WorkshopDate
from .needs import AccessNeed
from .ring_tasks import RingTask
from .workshops import RESERVED_SLUGS, Venue, Workshop
from .writing import DateMessage, Subscription

__all__ = [
    "ACTIVE",
    "HOLDS_A_PLACE",
    "MOST_PEOPLE",
    "RESERVED_SLUGS",
    "AccessNeed",
    "Booking",
    "ClosedDay",
    "DateMessage",
    "Place",
    "RepeatedRequest",
    "RingTask",
    "Subscription",
    "Venue",
    "Workshop",
    "WorkshopDate",
]

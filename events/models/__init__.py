from .bookings import ACTIVE, HOLDS_A_PLACE, MOST_PEOPLE, AccessNeed, Booking, Place, RepeatedRequest, RingTask
from .workshops import ClosedDay, Venue, Workshop, WorkshopDate

__all__ = [
    "ACTIVE",
    "HOLDS_A_PLACE",
    "MOST_PEOPLE",
    "AccessNeed",
    "Booking",
    "ClosedDay",
    "Place",
    "RepeatedRequest",
    "RingTask",
    "Venue",
    "Workshop",
    "WorkshopDate",
]

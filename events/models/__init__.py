from .bookings import ACTIVE, HOLDS_A_PLACE, MOST_PEOPLE, AccessNeed, Booking, Place, RepeatedRequest
from .workshops import Venue, Workshop, WorkshopDate

__all__ = [
    "ACTIVE",
    "HOLDS_A_PLACE",
    "MOST_PEOPLE",
    "AccessNeed",
    "Booking",
    "Place",
    "RepeatedRequest",
    "Venue",
    "Workshop",
    "WorkshopDate",
]

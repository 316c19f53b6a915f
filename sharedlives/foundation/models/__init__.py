from .audit import AuditEntry
from .charity import Charity
from .limits import LimitCount
from .mail import OutgoingMail
from .user import User
from .worker import Worker

__all__ = ["AuditEntry", "Charity", "LimitCount", "OutgoingMail", "User", "Worker"]

from .audit import AuditEntry
from .charity import Charity
from .limits import LimitCount
from .mail import OutgoingMail
from .picture import Picture
from .redirect import Redirect
from .user import User
from .worker import Worker

__all__ = ["AuditEntry", "Charity", "LimitCount", "OutgoingMail", "Picture", "Redirect", "User", "Worker"]

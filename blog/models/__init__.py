from .authors import Author, Handle
from .guests import GuestPass, GuestPicture, Suggestion
from .posts import RESERVED_SLUGS, Byline, Post, PostAddress, PostPicture, new_guid, validate_not_reserved
from .revisions import Revision, RevisionPicture
from .talking import Note, PreviewLink, SignOff
from .topics import Tag, Topic

__all__ = [
    "RESERVED_SLUGS",
    "Author",
    "Byline",
    "GuestPass",
    "GuestPicture",
    "Handle",
    "Note",
    "Post",
    "PostAddress",
    "PostPicture",
    "PreviewLink",
    "Revision",
    "RevisionPicture",
    "SignOff",
    "Suggestion",
    "Tag",
    "Topic",
    "new_guid",
    "validate_not_reserved",
]

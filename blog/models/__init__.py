from .authors import Author, Handle
from .posts import RESERVED_SLUGS, Byline, Post, PostAddress, PostPicture, new_guid, validate_not_reserved
from .topics import Tag, Topic

__all__ = [
    "RESERVED_SLUGS",
    "Author",
    "Byline",
    "Handle",
    "Post",
    "PostAddress",
    "PostPicture",
    "Tag",
    "Topic",
    "new_guid",
    "validate_not_reserved",
]

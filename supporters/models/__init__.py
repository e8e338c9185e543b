"""What is known of a message, its file, its sender and its life."""

from .events import Event, EventManager, Reason
from .files import Attachment, Rendition, Upload
from .messages import Edit, Look, Message, MessageManager, MessageQuerySet
from .senders import Contact, Letter
from .subtitles import Subtitles

__all__ = [
    "Attachment",
    "Contact",
    "Edit",
    "Event",
    "EventManager",
    "Letter",
    "Look",
    "Message",
    "MessageManager",
    "MessageQuerySet",
    "Reason",
    "Rendition",
    "Subtitles",
    "Upload",
]

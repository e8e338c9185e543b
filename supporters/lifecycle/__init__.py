"""The only place where the status of a message or of an edit changes.

Every change is one transaction: one conditional `update()` that only the first of two at once can win, one `Event`
and one announcement to the rooms downstream.
"""

from .approval import CHECKS, FRIEND, Check, NotApprovable, first_look, look_reasons, message_of, missing_for_approval
from .calls import handle_call, reopen_call, return_call
from .decisions import CALL_FOR_HELP, approve, ask, decline, remove, restore, send_to_second_look, undo
from .edits import accept_edit, apply_due_edits, apply_edit, refuse_edit, undo_edit
from .hiding import held, hide, unhide
from .moves import (
    CONSENTS,
    DESK_MARKS,
    SENT_TEXTS,
    SHOWN_TEXTS,
    TRANSITIONS,
    InvalidTransition,
    StaleRevision,
    go_live_at,
    lock,
    receive,
)
from .sender import answer, narrow, propose_edit, withdraw
from .texts import save_edit_texts, save_texts, save_transcript, save_translation, sign_northern

__all__ = [
    "CALL_FOR_HELP",
    "CHECKS",
    "CONSENTS",
    "DESK_MARKS",
    "FRIEND",
    "SENT_TEXTS",
    "SHOWN_TEXTS",
    "TRANSITIONS",
    "Check",
    "InvalidTransition",
    "NotApprovable",
    "StaleRevision",
    "accept_edit",
    "answer",
    "apply_due_edits",
    "apply_edit",
    "approve",
    "ask",
    "decline",
    "first_look",
    "go_live_at",
    "handle_call",
    "held",
    "hide",
    "lock",
    "look_reasons",
    "message_of",
    "missing_for_approval",
    "narrow",
    "propose_edit",
    "receive",
    "refuse_edit",
    "remove",
    "reopen_call",
    "restore",
    "return_call",
    "save_edit_texts",
    "save_texts",
    "save_transcript",
    "save_translation",
    "send_to_second_look",
    "sign_northern",
    "undo",
    "undo_edit",
    "unhide",
    "withdraw",
]

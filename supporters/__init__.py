"""Room of the people who send: messages, their files, their private page, and the life line of every message."""

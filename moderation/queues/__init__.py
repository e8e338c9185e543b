"""The lists of the desk: what waits, what was decided, and what is done with several at once."""

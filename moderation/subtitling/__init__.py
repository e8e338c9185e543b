"""Subtitles at the desk: made from the reviewed text, timed beside the player, brought in and taken out as files."""

"""Room of the readers: the published pages, and the few that are answered live."""

"""What holds the rooms together: settings, addresses, the front server, jobs and the announcement of changes."""

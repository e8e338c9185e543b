"""What Safety leads alone see and do: calls for help, and hiding many letters at once."""

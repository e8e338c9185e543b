"""Room of the people who read, translate and decide: the desk inside the Django admin."""

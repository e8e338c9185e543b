"""How staff get in and stay in: password and token, the limits on guessing, sessions, accounts."""

"""Room for what readers send back: thanks, sealed replies and concerns. Empty until that work begins."""

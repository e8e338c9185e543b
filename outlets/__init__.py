"""Room for radio programmes, USB packs and mirrors. Empty until that work begins."""

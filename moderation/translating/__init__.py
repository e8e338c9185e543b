"""The translation desk: queue, page, memory, words, and work done without a connection."""

"""The page on which one message is read, put into both languages and decided."""

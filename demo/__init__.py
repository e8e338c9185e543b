"""Demo content: letters, drawings and recordings that fill an empty site."""

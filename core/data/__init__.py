"""From the bytes of a CSV file to windows that a model learns from."""

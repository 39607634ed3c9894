"""The steps of reading a file: what kind it is, its encoding and delimiter, its cells, then numbers and times."""

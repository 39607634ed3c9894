"""The pages: one file a page, run by pages/main.py."""

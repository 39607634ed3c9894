"""Code to show and to take along: what really ran, and scripts that stand alone, written from the same source."""

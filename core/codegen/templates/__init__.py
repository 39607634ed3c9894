"""Scripts for any settings; `settled` makes one for those of a run of them. Read as text, never imported."""

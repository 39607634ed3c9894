"""Runs: what was asked (spec), what happens (events), where it is kept (store), who does it (worker, supervisor)."""

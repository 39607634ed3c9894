"""Charts as plotly JSON: pure functions from results to a `Figure`. Plotly itself is never imported here."""

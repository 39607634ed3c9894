"""Runs in the background: asked for, planned, trained in worker processes, kept, and scored.

asked for      spec, presets, checks, planning, estimate, command
driven         supervisor (who has the machine), going (one comparison), turns, pool (warm workers), recovery
a worker       worker (`python -m core.runs.worker`), fitting, listening, resuming, measuring, memory, heart, logs
watched over   process (a worker as its supervisor holds it), channel, pulse, groups and reaper, deaths
kept           store, folders, manifest, files, holding (locks), events (the journal)
told           view (live), evaluate, parity, results, schema (comparison.json), forecast_csv, headless
"""

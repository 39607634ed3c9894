"""Runs in the background: asked for, planned, trained in worker processes, kept, and scored.

asked for      spec, presets, checks, planning, threads, estimate, command
driven         supervisor (who has the machine), going (one comparison), turns, pool (warm workers), recovery
a worker       worker (`python -m core.runs.worker`), heart, logs, memory;
               fitting, run_data (each fold's), building, trials, translation, listening, timings, keeping, resuming
watched over   process (a worker as its supervisor holds it), channel, pulse, groups and reaper, deaths
kept           store, folders, manifest, files, holding (locks), events (the journal)
told           following (a journal, folded), view (live); evaluate, judging, pooling (folds), forecasts, parity,
               bands (prediction intervals), forecast_csv, schema, results; headless
"""

"""Everything of Twincast that works without a browser: data, frameworks, runs, evaluation, figures."""

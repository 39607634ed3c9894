"""Which framework: claims of older guides beside what is true today, what was measured here, and a recommendation."""

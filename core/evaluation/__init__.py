"""How good a forecast is, and what it has to beat."""
